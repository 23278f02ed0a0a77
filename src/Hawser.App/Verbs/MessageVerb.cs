using System.CommandLine;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Tls;
using Hawser.Services.Message;
using Hawser.Services.Text;
using Hawser.Transports;

namespace Hawser.App.Verbs;

/// <summary><c>hawser message HOST[:PORT]</c>, or <c>HOST PORT</c> as the exercise has it: sends the standard input as
/// one message.</summary>
internal static class MessageVerb
{
    private const int DefaultPort = 8001;

    public static Command Create()
    {
        var verb = new VerbCommand("message", "Send the standard input to a message server, byte for byte.")
        {
            Forms = ["HOST[:PORT]", "HOST PORT"],
            Examples = ["hawser message 127.0.0.1:8001 < letter.txt", "hawser message 127.0.0.1 8001 < letter.txt"],
            // As its exercise has it.
            MisuseExitCode = ExitCode.Failed,
        };
        var server = new Argument<string>("HOST[:PORT]")
        {
            Description = $"like example.org, 127.0.0.1:8001, [::1]:8001 or unix:PATH [default port: {DefaultPort}]",
        };
        Argument<int?> port = VerbOptions.Argument<int?>(
            "PORT", "the port of a HOST without one", ParsePort);
        port.Arity = ArgumentArity.ZeroOrOne;
        Option<TimeSpan> wait = VerbOptions.Value(
            "--wait", "TIME", "how long to wait for the server to close", Quantity.ParseTimeout, "30s");
        verb.Add(server);
        verb.Add(port);
        var tls = new ClientTls("message", takesToken: true);
        verb.AddGroup(VerbOptions.Common, wait);
        tls.AddTo(verb);
        verb.SetAction((parsed, _) =>
        {
            EndPoint where = ParseServer(parsed.GetValue(server)!, parsed.GetValue(port));
            return SendAsync(where, tls.Read(parsed)(where), parsed.GetValue(wait));
        });
        return verb;
    }

    private static int? ParsePort(string text) => File.Exists(text)
        ? throw new FormatException($"'{text}' is a file, not a port; message reads standard input: ... < {text}")
        : ServerAddress.ParsePort(text);

    private static EndPoint ParseServer(string server, int? port)
    {
        // After the path of a Unix domain socket, the exercise's form has a port without a meaning.
        if (port is not null && ServerAddress.HasPort(server))
            throw new UsageException($"unexpected argument '{port}': '{server}' has a port already");
        return UsageException.Guard(() => ServerAddress.Parse(server, port ?? DefaultPort));
    }

    private static async Task<int> SendAsync(
        EndPoint server, IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> layers, TimeSpan wait)
    {
        ServerAddress.RequireSocket(server);
        bool isTyped = !Console.IsInputRedirected;
        if (isTyped)
            Standard.Error.WriteLine("reading the message from the terminal; end it with Ctrl-D");
        await using Stream input = Standard.OpenInput();
        using TransferProgress? progress =
            isTyped ? null : TransferProgress.Start("message", input.CanSeek ? input.Length : null);
        try
        {
            if (!await MessageClient.SendAsync(server, input, wait, layers, progress is null ? null : progress.Report))
            {
                Standard.Error.WriteLine("sent, not confirmed: "
                    + $"{EndPointText.Of(server)} did not close within {Quantity.FormatDuration(wait)}");
            }
            return ExitCode.Done;
        }
        catch (ConnectionClosedException e)
        {
            Standard.Error.WriteLine($"ERROR: {EndPointText.Blame(server, e)}: "
                + "message lost or truncated; see the server's log, then resend");
            return ExitCode.Failed;
        }
    }
}
