using System.Net;
using System.Text.Json;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Agents;

/// <summary><c>hawser load --agent</c>, as programs.</summary>
public sealed class LoadFromAgentsTest : IAsyncDisposable
{
    private const int Failed = 1;
    private const int PartlyDone = 3;
    private const int Interrupted = 130;
    private const int Unread = 141;

    private readonly PingServer _server = PingServer.Start("threads");
    private readonly ProgramProcess _one = ProgramProcess.Start("agent", "--port", "0");
    private readonly ProgramProcess _two = ProgramProcess.Start("agent", "--port", "0");

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_report_says_how_many_agents_it_is_from()
    {
        ProgramResult result = await RunAsync("--clients", "5", "--rate", "500");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.StartsWith("5 clients on 2 agents, open loop at 500/s, 1.0 s measured after 0.1 s of warm-up\nround trips   500, ",
            result.Text, StringComparison.Ordinal);
        Assert.Contains(" of its loops' time on the busiest agent, ", result.Text, StringComparison.Ordinal);
        Assert.Contains(" 5 connected  0 failed\n", result.Errors, StringComparison.Ordinal);
        await _one.Errors.LineWithAsync($": 3 clients, {_server.EndPoint}");
        await _two.Errors.LineWithAsync($": 2 clients, {_server.EndPoint}");
    }

    [Fact]
    public async Task The_json_stream_is_merged_views_and_then_the_report_with_the_agents()
    {
        ProgramResult result = await RunAsync("--clients", "5", "--json-stream");

        JsonElement[] lines = [.. result.Text.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.All(lines[..^1], line => JsonOutputTest.AssertIs("load.view", line));
        JsonElement report = lines[^1];
        JsonOutputTest.AssertIs("load.report", report);
        Assert.Equal((2, 5), (report.GetProperty("agents").GetInt32(), report.GetProperty("clients").GetInt32()));
        Assert.Equal(0, report.GetProperty("lost_agents").GetArrayLength());
        Assert.Equal(report.GetProperty("round_trips").GetInt64(),
            lines[..^1].Sum(line => line.GetProperty("new_round_trips").GetInt64()));
    }

    [Theory]
    [InlineData("--pipeline", "4", "--ramp", "50ms", "--timeout", "never")]
    [InlineData("--churn")]
    public async Task Shapes_of_load_reach_the_agents(params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        ProgramResult result = await RunAsync(["--clients", "2", "--json", .. options]);

        Assert.True(result.ExitCode == 0, result.Errors);
        JsonElement report = JsonDocument.Parse(result.Text).RootElement;
        Assert.Equal(options.Contains("--churn"), report.GetProperty("churn").GetBoolean());
        Assert.Equal(options.Contains("--pipeline") ? 4 : 1, report.GetProperty("pipeline").GetInt32());
        bool isWhole = report.GetProperty("connect").GetProperty("count").GetInt64() == 2;
        Assert.NotEqual(options.Contains("--churn"), isWhole);
    }

    [Fact]
    public async Task Clients_are_assigned_to_several_servers_in_turn()
    {
        await using PingServer other = PingServer.Start("threads");

        ProgramResult result = await RunAsync($"{other.EndPoint}", "--clients", "6");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.All((PingServer[])[_server, other], server => Assert.Equal(
            3, server.Log.Lines.Count(line => line.StartsWith("+ connection", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task An_agent_that_is_killed_is_named_with_its_share_and_the_figures_are_without_it()
    {
        await using ProgramProcess load = await StartAsync("--clients", "5", "--duration", "3s", "--json");
        await load.Errors.LineWithAsync(" 5 connected");
        _two.Signal(ProgramProcess.SIGKILL);

        ProgramResult result = await load.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Matches($@"(?m)^WARNING: agent {await _two.ListeningAsync()} with 2 of 5 clients was lost: .+; "
            + "the figures are without it$", result.Errors);
        JsonElement report = JsonDocument.Parse(result.Text).RootElement;
        JsonOutputTest.AssertIs("load.report", report);
        Assert.Equal((2, 3, 3), (report.GetProperty("agents").GetInt32(), report.GetProperty("clients").GetInt32(),
            report.GetProperty("answered_clients").GetInt32()));
        JsonElement lost = report.GetProperty("lost_agents")[0];
        Assert.Equal(($"{await _two.ListeningAsync()}", 2),
            (lost.GetProperty("agent").GetString(), lost.GetProperty("clients").GetInt32()));
    }

    [Fact]
    public async Task An_agent_that_is_stopped_reports_nothing()
    {
        await using ProgramProcess load = await StartAsync("--clients", "2", "--duration", "2s");
        await load.Errors.LineWithAsync(" 2 connected");
        _two.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await load.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.StartsWith("1 client on 1 of 2 agents, closed loop, 2.0 s measured ", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_agent_the_load_fails_in_one_line_that_names_all()
    {
        string[] agents = await AgentArgumentsAsync();
        foreach (ProgramProcess agent in (ProgramProcess[])[_one, _two])
        {
            agent.Signal(ProgramProcess.SIGKILL);
            await agent.EndAsync();
        }

        ProgramResult result = await ProgramProcess.RunAsync(
            ["load", $"{_server.EndPoint}", "--clients", "2", "--json", .. agents]);

        result.IsError(Failed, "no agent has reported: ");
        Assert.Equal(2, result.Errors.Split(" with 1 of 2 clients: ").Length - 1);
    }

    [Fact]
    public async Task A_server_that_agents_cannot_reach_is_one_line()
    {
        EndPoint nowhere;
        using (var closed = new RawServer())
            nowhere = closed.EndPoint;

        ProgramResult result = await ProgramProcess.RunAsync(
            ["load", $"{nowhere}", "--clients", "2", "--duration", "1s", "--json", .. await AgentArgumentsAsync()]);

        Assert.Equal(Failed, result.ExitCode);
        Assert.Matches($@"(?m)^ERROR: 2 of 2 clients failed, first agent 127\.0\.0\.1:\d+: client #0: {nowhere} "
            + "refused the connection; is the server running there\\?$", result.Errors);
    }

    [Fact]
    public async Task A_signal_stops_the_load_on_the_agents_and_prints_the_figures_so_far()
    {
        await using ProgramProcess load = await StartAsync("--clients", "2", "--duration", "5m");
        await load.Errors.LineWithAsync(" 2 connected");
        load.Signal(ProgramProcess.SIGINT);

        ProgramResult result = await load.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Matches(@"^2 clients on 2 agents, closed loop, .*\nround trips   [1-9]", result.Text);
        Assert.Contains("WARNING: interrupted after ", result.Errors, StringComparison.Ordinal);
        ProgramResult next = await RunAsync("--clients", "2");
        Assert.True(next.ExitCode == 0, next.Errors);
    }

    [Fact]
    public async Task A_reader_of_the_output_that_leaves_ends_the_load_as_a_broken_pipe()
    {
        await using ProgramProcess load = ProgramProcess.Start([], readOutput: false,
            ["load", $"{_server.EndPoint}", "--clients", "2", "--duration", "5m", "--json-stream",
                .. await AgentArgumentsAsync()]);
        load.CloseOutput();

        ProgramResult result = await load.EndAsync();

        Assert.Equal(Unread, result.ExitCode);
        Assert.Equal("", result.Errors);
    }

    [Theory]
    [InlineData]
    [InlineData("--until", "p99<10ms", "--rate", "100")]
    public async Task A_signal_in_the_warm_up_leaves_nothing_to_report(params string[] options)
    {
        await using ProgramProcess load = ProgramProcess.Start(
            ["load", $"{_server.EndPoint}", "--clients", "2", "--duration", "1m", "--warm-up", "5m", .. options,
                .. await AgentArgumentsAsync()]);
        await _one.Errors.LineWithAsync("load for ");
        await _two.Errors.LineWithAsync("load for ");
        load.Signal(ProgramProcess.SIGINT);

        ProgramResult result = await load.EndAsync();

        Assert.Equal(Interrupted, result.ExitCode);
        Assert.EndsWith("ERROR: interrupted before a ping was measured\n", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Text);
    }

    [Fact]
    public async Task A_rate_search_runs_every_step_on_all_agents()
    {
        await using PingServer slow = PingServer.Start("select", slowClient: "0=20ms");

        ProgramResult result = await ProgramProcess.RunAsync(
            ["load", $"{slow.EndPoint}", "--clients", "2", "--until", "p50<15ms", "--rate", "20", "--duration", "1s",
                "--warm-up", "0", .. await AgentArgumentsAsync()]);

        Assert.Matches(@"(?m)^ +20/s  p50 .* kept$", result.Errors);
        Assert.DoesNotContain("was lost", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("busy", result.Errors, StringComparison.Ordinal);
    }

    private async Task<ProgramResult> RunAsync(params string[] arguments)
    {
        await using ProgramProcess load = await StartAsync([.. arguments, "--duration", "1s"]);
        return await load.EndAsync();
    }

    private async Task<ProgramProcess> StartAsync(params string[] arguments) => ProgramProcess.Start(
        ["load", $"{_server.EndPoint}", .. arguments, "--warm-up", "100ms", .. await AgentArgumentsAsync()]);

    private async Task<string[]> AgentArgumentsAsync() =>
        ["--agent", $"{await _one.ListeningAsync()}", "--agent", $"{await _two.ListeningAsync()}"];
}
