using System.CommandLine;
using System.Net;
using Hawser.App.Agents;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.SideServers;
using Hawser.App.Tls;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser agent</c>: sends the load of a <c>hawser load</c> or a lab on another machine.</summary>
internal static class AgentVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("agent", "Send a load for hawser load or hawser lab on another machine.")
        {
            Examples =
            [
                "hawser agent",
                "hawser agent --host 10.0.0.2 --token-file secret",
                "hawser load 10.0.0.1:8000 --clients 100 --agent 10.0.0.2 --agent 10.0.0.3 --agent-token-file secret",
                "hawser lab --models epoll --agent 10.0.0.2:8005 --agent-token-file secret --server-host 10.0.0.1",
            ],
        };
        Option<IReadOnlyList<EndPoint>> host = VerbOptions.Value(
            "--host", "ADDRESS", "an address or a name", ServerAddress.ParseListen, "127.0.0.1");
        Option<int> port = VerbOptions.Int("--port", "0: the system chooses", 0, 65535, $"{AgentAddress.DefaultPort}", "-p");
        Option<string> token = VerbOptions.Text("--token-file", "FILE",
            "the secret that clients must know, 16 to 256 bytes; needed for any --host but loopback");
        verb.AddGroup(VerbOptions.Common, host, port, token);
        verb.Remedy = word => ServerAddress.ListenOptions(word, port.Name);
        verb.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(host)!, parsed.GetValue(port), parsed.GetValue(token), token.Name));
        return verb;
    }

    private static async Task<int> RunAsync(IReadOnlyList<EndPoint> hosts, int port, string? tokenFile, string option)
    {
        byte[] token = tokenFile is null
            ? [] : UsageException.Guard(() => PemFiles.ReadSecret(PemFile.Read(option, tokenFile)));
        if (token.Length == 0 && hosts.Any(host => host is IPEndPoint at && !IPAddress.IsLoopback(at.Address)))
        {
            throw new UsageException($"{option}: needed, because anyone who reaches the agent could make it load any "
                + "server; openssl rand -hex 32 > FILE");
        }
        var signal = new StopSignal();
        TextWriter log = Standard.Error;
        await using Server server = Server.Start(new AgentHandler(token, log), new ServerOptions
        {
            EndPoints = [.. hosts.Select(host => ServerAddress.At(host, port))],
            Model = ConcurrencyModels.Get("async"),
            Limits = AgentHandler.Limits,
            Observer = new FaultLog("the agent", log),
        });
        foreach (EndPoint endPoint in server.EndPoints)
            Standard.Out.WriteLine($"Listening on {EndPointText.Of(endPoint)}");
        if (await Task.WhenAny(signal.Asked, server.Completion) == server.Completion
            && server.Completion.Exception is { InnerException: { } fault })
            throw new IOException($"the agent cannot accept connections: {fault.Message}", fault);
        await server.StopAsync();
        return ExitCode.Done;
    }
}
