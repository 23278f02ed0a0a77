using System.Text.Json;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Agents;

/// <summary>Four agents, each in a network namespace of its own, and the server behind a bridge.</summary>
public sealed class AgentNamespacesTest : IDisposable
{
    private const int Agents = 4;
    private const int PartlyDone = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly string _token;

    public AgentNamespacesTest() => _token = _folder.Write("token", "a secret of 16 bytes or more\n"u8.ToArray());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Four_machines_load_a_server_and_one_of_them_dies()
    {
        await using NetworkNamespaces net = await NetworkNamespaces.MakeAsync(Agents);
        await using ProgramProcess server = ProgramProcess.StartInNamespace(
            net.Center, "serve", "ping", "--host", $"{NetworkNamespaces.AddressOf(0)}", "--port", "0");
        string address = $"{NetworkNamespaces.AddressOf(0)}:{(await server.ListeningAsync()).Port}";
        ProgramProcess[] agents = await StartAgentsAsync(net);
        try
        {
            await using (ProgramProcess whole = Load("1s"))
            {
                ProgramResult result = await whole.EndAsync();
                Assert.True(result.ExitCode == 0, result.Errors);
                JsonElement report = JsonDocument.Parse(result.Text).RootElement;
                JsonOutputTest.AssertIs("load.report", report);
                Assert.Equal((Agents, 10, 10), (Count(report, "agents"), Count(report, "clients"),
                    Count(report, "answered_clients")));
                Assert.Equal(0, report.GetProperty("lost_agents").GetArrayLength());
                Assert.Equal(10, Count(report.GetProperty("connect"), "count"));
            }
            int[] shares = [3, 3, 2, 2];
            for (int index = 0; index < Agents; index++)
            {
                await agents[index].Errors.LineWithAsync($": {shares[index]} clients, {address}");
                await server.Output.LineWithAsync($" {NetworkNamespaces.AddressOf(index + 1)}:");
            }

            await using ProgramProcess broken = Load("2s");
            await broken.Errors.LineWithAsync(" 10 connected");
            agents[3].Signal(ProgramProcess.SIGKILL);
            ProgramResult rest = await broken.EndAsync();
            Assert.Equal(PartlyDone, rest.ExitCode);
            Assert.Contains($"WARNING: agent {NetworkNamespaces.AddressOf(4)}:8005 with 2 of 10 clients was lost: ",
                rest.Errors, StringComparison.Ordinal);
            JsonElement partial = JsonDocument.Parse(rest.Text).RootElement;
            Assert.Equal((8, 8), (Count(partial, "clients"), Count(partial, "answered_clients")));
        }
        finally
        {
            await StopAsync(agents);
        }

        ProgramProcess Load(string duration) => ProgramProcess.StartInNamespace(
            net.Center, ["load", address, "--clients", "10", "--rate", "2k", "--duration", duration, "--warm-up", "200ms",
                "--json", .. AgentArguments()]);
    }

    [Fact]
    public async Task Four_machines_send_the_load_of_a_lab()
    {
        await using NetworkNamespaces net = await NetworkNamespaces.MakeAsync(Agents);
        ProgramProcess[] agents = await StartAgentsAsync(net);
        try
        {
            await using ProgramProcess lab = ProgramProcess.StartInNamespace(
                net.Center, ["lab", "--models", "select", "--clients", "9", "--rounds", "1", "--duration", "1s",
                    "--warm-up", "200ms", "--floor", "no", "--spoiled-at", "none", "--out", _folder["results"], "--json",
                    "--server-host", $"{NetworkNamespaces.AddressOf(0)}", .. AgentArguments()]);

            ProgramResult result = await lab.EndAsync();

            Assert.True(result.ExitCode == 0, result.Errors);
            JsonElement load = JsonDocument.Parse(result.Text).RootElement
                .GetProperty("measurements")[0].GetProperty("figures").GetProperty("load");
            Assert.Equal(9, Count(load, "answered_clients"));
            Assert.False(load.TryGetProperty("lost_agents", out _));
            int[] shares = [3, 2, 2, 2];
            for (int index = 0; index < Agents; index++)
                await agents[index].Errors.LineWithAsync($": {shares[index]} clients, ");
        }
        finally
        {
            await StopAsync(agents);
        }
    }

    private async Task<ProgramProcess[]> StartAgentsAsync(NetworkNamespaces net)
    {
        ProgramProcess[] agents =
        [
            .. Enumerable.Range(1, Agents).Select(index => ProgramProcess.StartInNamespace(
                net[index], "agent", "--host", $"{NetworkNamespaces.AddressOf(index)}", "--token-file", _token)),
        ];
        foreach (ProgramProcess agent in agents)
            await agent.ListeningAsync();
        return agents;
    }

    private static async Task StopAsync(ProgramProcess[] agents)
    {
        foreach (ProgramProcess agent in agents)
            await agent.DisposeAsync();
    }

    private string[] AgentArguments() =>
    [
        "--agent-token-file", _token,
        .. Enumerable.Range(1, Agents).SelectMany(index =>
            (string[])["--agent", $"{NetworkNamespaces.AddressOf(index)}:8005"]),
    ];

    private static int Count(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
