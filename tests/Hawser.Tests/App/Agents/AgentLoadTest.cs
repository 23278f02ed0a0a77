using System.Net;
using System.Net.Sockets;
using Hawser.App.Agents;
using Hawser.App.LoadReports;
using Hawser.Models;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Agents;

public sealed class AgentLoadTest : IAsyncDisposable
{
    private static readonly byte[] Token = "a secret of 16 bytes or more"u8.ToArray();

    private readonly StringWriter _log = new();
    private readonly Server _agent;
    private readonly PingServer _pings = PingServer.Start("select");

    public AgentLoadTest() => _agent = StartAgent();

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _pings.DisposeAsync();
    }

    [Fact]
    public async Task The_merged_report_is_exactly_the_sum_of_what_the_agents_measured()
    {
        PingLoadReport?[] own = new PingLoadReport?[2];
        await using Server one = StartAgent(Recording(0));
        await using Server two = StartAgent(Recording(1));
        var views = new List<PingLoadView>();

        LoadOutcome outcome = await RunAsync(5, Token, views.Add, AgentAt(one), AgentAt(two));

        PingLoadReport[] reports = [.. own.OfType<PingLoadReport>()];
        Assert.Equal([3, 2], reports.Select(report => report.Options.Clients));
        PingLoadReport merged = outcome.Report;
        Assert.Equal((2, 5, 5), (outcome.Agents, merged.Options.Clients, merged.AnsweredClients));
        Assert.Empty(outcome.Lost);
        AssertSum(merged.Latency, report => report.Latency);
        AssertSum(merged.ServiceTime, report => report.ServiceTime);
        AssertSum(merged.FirstAnswer, report => report.FirstAnswer);
        AssertSum(merged.Connect, report => report.Connect);
        Assert.Equal(reports.Sum(report => report.RoundTrips), views.Sum(view => view.NewRoundTrips));
        Assert.Equal((merged.RoundTrips, 5), (views[^1].RoundTrips, views[^1].Connected));

        Func<PingLoadOptions, Action<PingLoadView>, CancellationToken, Task<PingLoadReport>> Recording(int index) =>
            async (options, onView, cancel) => own[index] = await PingLoad.RunAsync(options, onView, cancel);

        void AssertSum(LatencyHistogram histogram, Func<PingLoadReport, LatencyHistogram> of)
        {
            var sum = new LatencyHistogram();
            foreach (PingLoadReport report in reports)
                sum.Add(of(report));
            Assert.Equal(sum.Buckets(), histogram.Buckets());
            Assert.All((double[])[0, 50, 90, 99, 99.9, 99.99, 100], percent =>
                Assert.Equal(sum.PercentileNs(percent), histogram.PercentileNs(percent)));
            Assert.Equal(sum.MinNs, histogram.MinNs);
            Assert.Equal(sum.MeanNs, histogram.MeanNs, sum.MeanNs * 1e-9);
        }
    }

    [Fact]
    public async Task A_lost_agent_is_named_with_its_share_and_the_others_count()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var gone = new AgentAddress("gone", closed.LocalEndPoint!);

        LoadOutcome outcome = await RunAsync(clients: 3, Token, AgentAt(_agent), gone);

        Assert.Equal((2, 2), (outcome.Report.AnsweredClients, outcome.Report.Options.Clients));
        LostAgent lost = Assert.Single(outcome.Lost);
        Assert.Equal(("gone", 1, 3), (lost.Name, lost.Clients, lost.Of));
        Assert.StartsWith("gone with 1 of 3 clients: ", $"{lost}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_agent_there_is_no_measurement() => Assert.Contains(
        "no agent has reported: ", (await Assert.ThrowsAsync<IOException>(() =>
            RunAsync(clients: 1, Token, new AgentAddress("gone", new IPEndPoint(IPAddress.Loopback, 1))))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_wrong_token_is_refused() => Assert.EndsWith(
        "agent with 1 of 1 clients: wrong token", (await Assert.ThrowsAsync<IOException>(() =>
            RunAsync(clients: 1, "another secret, also long"u8.ToArray(), AgentAt(_agent)))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_server_that_no_client_of_an_agent_reaches_is_the_first_error_of_the_report()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        LoadOutcome outcome = await AgentsOf(Token, AgentAt(_agent))
            .RunAsync(Load(2) with { Servers = [closed.LocalEndPoint!] }, cancel: TestContext.Current.CancellationToken);

        Assert.Equal(2, outcome.Report.Failed);
        Assert.Matches("^agent agent: client #[01]: .* refused the connection", outcome.Report.FirstError);
        Assert.Empty(outcome.Lost);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.9", "not a hawser agent")]
    [InlineData("hawser-agent 2 00000000000000000000000000000000", "an agent of another version; run the same hawser there")]
    public async Task What_is_no_agent_of_this_version_is_named(string greeting, string reason)
    {
        await using TestServer other = TestServer.Start("threads", async connection =>
        {
            await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes(greeting + "\n"));
            await connection.TryReadLineAsync(AgentProtocol.LongestRequest);
        }, options => options with { Layers = [] });

        IOException lost = await Assert.ThrowsAsync<IOException>(
            () => RunAsync(clients: 1, Token, AgentAt(other.Server)));

        Assert.EndsWith($"clients: {reason}", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_a_load_yields_the_report_of_what_was_measured()
    {
        await using Server second = StartAgent();
        using var stop = new CancellationTokenSource();

        LoadOutcome outcome = await AgentsOf(Token, AgentAt(_agent), AgentAt(second)).RunAsync(
            Load(4) with { Duration = TimeSpan.FromMinutes(5) },
            view =>
            {
                if (view.RoundTrips > 0)
                    stop.Cancel();
            }, stop.Token).Bounded();

        Assert.Empty(outcome.Lost);
        Assert.True(outcome.Report.RoundTrips > 0);
        Assert.InRange(outcome.Report.Time, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_fault_of_the_one_who_watches_ends_the_loads_and_no_agent_is_to_blame()
    {
        await using Server second = StartAgent();
        var broken = new IOException("cannot write to the standard output: Broken pipe");

        IOException thrown = await Assert.ThrowsAsync<IOException>(
            () => AgentsOf(Token, AgentAt(_agent), AgentAt(second)).RunAsync(
                Load(2) with { Duration = TimeSpan.FromMinutes(5) }, _ => throw broken,
                TestContext.Current.CancellationToken).Bounded());

        Assert.Same(broken, thrown);
        await Patience.UntilAsync(() => _agent.Connections + second.Connections == 0);
    }

    [Fact]
    public async Task An_agent_that_has_reported_takes_the_next_load_at_once()
    {
        for (int i = 0; i < 20; i++)
        {
            LoadOutcome outcome = await AgentsOf(Token, AgentAt(_agent)).RunAsync(
                Load(1) with { Duration = TimeSpan.FromMilliseconds(5) }, cancel: TestContext.Current.CancellationToken);
            Assert.Empty(outcome.Lost);
        }
    }

    [Fact]
    public async Task Clients_of_all_agents_have_numbers_of_their_own()
    {
        await using PingServer slow = PingServer.Start("threads", slowClient: "1=250ms");
        await using Server second = StartAgent();

        LoadOutcome outcome = await AgentsOf(Token, AgentAt(_agent), AgentAt(second)).RunAsync(
            Load(4) with { Servers = [slow.EndPoint], Duration = TimeSpan.FromSeconds(1) },
            cancel: TestContext.Current.CancellationToken);

        // One client waits for its pongs, not one of each agent.
        Assert.InRange(outcome.Report.Latency.Buckets().Where(bucket => bucket.LowestNs > 200e6)
            .Sum(bucket => bucket.Count), 1, 5);
    }

    [Fact]
    public async Task A_second_client_is_refused_and_the_load_ends_when_the_first_one_leaves()
    {
        Connection first = await BeginAsync(durationMs: 600_000);
        await first.TryReadLineAsync(AgentProtocol.LongestAnswer, TestContext.Current.CancellationToken);
        using (Connection second = await BeginAsync(durationMs: 10))
            Assert.Equal("ERROR busy with another load", await ReadLineAsync(second));
        first.Dispose();

        // The place is free once the agent has noticed.
        await Patience.UntilAsync(() => _agent.Connections == 0);
        using Connection third = await BeginAsync(durationMs: 10);
        Assert.DoesNotContain("ERROR", await ReadLineAsync(third), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 10, "ping", "ERROR clients: out of bounds; use 1 to 100000")]
    [InlineData(1, 1e9, "ping", "ERROR duration_ms: out of bounds; use above 0, up to 600000")]
    [InlineData(1, 10, "smtp", "ERROR unknown protocol 'smtp'")]
    [InlineData(1, 10, "\u001b[2J\nx", "ERROR unknown protocol '\\u001B[2J x'")]
    public async Task A_request_out_of_bounds_is_refused(int clients, double durationMs, string wire, string words)
    {
        using Connection lab = await BeginAsync(durationMs, clients, wire);

        Assert.StartsWith(words, await ReadLineAsync(lab), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', $"{_log}");
        Assert.Single($"{_log}".Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Any_number_of_clients_without_a_request_keep_out_no_other()
    {
        using Connection early = await BeginAsync(durationMs: 600_000);
        await ReadLineAsync(early);
        var silent = new List<Connection>();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                silent.Add(await Dialer.ConnectAsync(_agent.EndPoints[0], Patience.Limit));
                await NonceAsync(silent[^1]);
            }

            using (Connection late = await BeginAsync(durationMs: 10))
                Assert.Equal("ERROR busy with another load", await ReadLineAsync(late));
            Assert.Contains("\"view\"", await ReadLineAsync(early), StringComparison.Ordinal);
            await Assert.ThrowsAsync<ConnectionClosedException>(() => NonceAsync(silent[0]));
        }
        finally
        {
            silent.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task A_client_without_a_request_is_refused_in_time()
    {
        var time = new FakeTime();
        await using Server agent = StartAgent(time: time);
        using Connection silent = await Dialer.ConnectAsync(agent.EndPoints[0], Patience.Limit);
        await NonceAsync(silent);
        await Patience.UntilAsync(() => time.Pending.Contains(TimeSpan.FromSeconds(10)));

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("ERROR no request within 10 s", await ReadLineAsync(silent));
    }

    [Fact]
    public async Task A_fault_of_a_load_is_answered_and_logged()
    {
        await using Server agent = StartAgent((_, _, _) => throw new InvalidOperationException("no\u001b\nway"));
        using Connection lab = await BeginAsync(durationMs: 10, at: agent);

        Assert.Equal("ERROR internal error; the log of the agent has it", await ReadLineAsync(lab));
        Assert.Contains("ERROR: fault of a load: System.InvalidOperationException", $"{_log}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reason_of_an_agent_does_not_reach_the_terminal_as_it_is()
    {
        await using TestServer agent = TestServer.Start("threads", async connection =>
        {
            await connection.WriteAsync(AgentProtocol.Greeting(new string('0', 32).Select(c => (byte)c).ToArray()));
            await connection.TryReadLineAsync(AgentProtocol.LongestRequest);
            await connection.WriteAsync("ERROR \u001b[2J\r\n"u8.ToArray());
        }, options => options with { Layers = [] });

        IOException lost = await Assert.ThrowsAsync<IOException>(
            () => RunAsync(clients: 1, Token, AgentAt(agent.Server)));

        Assert.EndsWith("clients: \\u001B[2J ", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_is_bound_to_its_connection()
    {
        using Connection one = await Dialer.ConnectAsync(_agent.EndPoints[0], Patience.Limit);
        using Connection other = await Dialer.ConnectAsync(_agent.EndPoints[0], Patience.Limit);
        byte[] recorded = AgentProtocol.WriteRequest(Request(1, 10, "ping"), await NonceAsync(one), Token);
        await NonceAsync(other);

        await other.WriteAsync(recorded, TestContext.Current.CancellationToken);

        Assert.Equal("ERROR wrong token", await ReadLineAsync(other));
    }

    [Fact]
    public async Task A_malformed_agent_request_is_rejected()
    {
        using Connection lab = await Dialer.ConnectAsync(_agent.EndPoints[0], Patience.Limit);
        await NonceAsync(lab);

        await lab.WriteAsync("GET / HTTP/1.1\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal("ERROR expected 'load PROOF REQUEST'", await ReadLineAsync(lab));
    }

    private Server StartAgent(
        Func<PingLoadOptions, Action<PingLoadView>, CancellationToken, Task<PingLoadReport>>? run = null,
        TimeProvider? time = null) =>
        Server.Start(new AgentHandler(Token, TextWriter.Synchronized(_log), run), new()
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get("async"),
            Limits = AgentHandler.Limits,
            TimeProvider = time ?? TimeProvider.System,
        });

    private static AgentAddress AgentAt(Server agent) => new("agent", agent.EndPoints[0]);

    private static AgentLoad AgentsOf(byte[] token, params AgentAddress[] agents) => new(agents, token);

    private AgentRequest Request(int clients, double durationMs, string wire) =>
        new([$"{_pings.EndPoint}"], 0, clients, durationMs, 0, 0, 2000, null, wire, 1, false);

    private PingLoadOptions Load(int clients) => new()
    {
        Servers = [_pings.EndPoint],
        Clients = clients,
        Duration = TimeSpan.FromMilliseconds(200),
        WarmUp = TimeSpan.Zero,
    };

    private Task<LoadOutcome> RunAsync(int clients, byte[] token, params AgentAddress[] agents) =>
        RunAsync(clients, token, _ => { }, agents);

    private Task<LoadOutcome> RunAsync(
        int clients, byte[] token, Action<PingLoadView> onView, params AgentAddress[] agents) =>
        AgentsOf(token, agents).RunAsync(Load(clients), onView, TestContext.Current.CancellationToken).Bounded();

    private async Task<Connection> BeginAsync(double durationMs, int clients = 1, string wire = "ping", Server? at = null)
    {
        Connection lab = await Dialer.ConnectAsync((at ?? _agent).EndPoints[0], Patience.Limit);
        byte[] nonce = await NonceAsync(lab);
        await lab.WriteAsync(
            AgentProtocol.WriteRequest(Request(clients, durationMs, wire), nonce, Token),
            TestContext.Current.CancellationToken);
        return lab;
    }

    private static async Task<byte[]> NonceAsync(Connection lab) =>
        AgentProtocol.NonceOf(System.Text.Encoding.UTF8.GetBytes(await ReadLineAsync(lab)));

    private static async Task<string> ReadLineAsync(Connection lab)
    {
        ReadOnlyMemory<byte>? line = await lab.TryReadLineAsync(
            AgentProtocol.LongestAnswer, TestContext.Current.CancellationToken).AsTask().Bounded();
        return System.Text.Encoding.UTF8.GetString(line!.Value.Span);
    }
}
