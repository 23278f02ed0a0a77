using System.Net;
using System.Net.Sockets;
using Hawser.App.Lab;
using Hawser.App.Lab.Agents;
using Hawser.Models;
using Hawser.Services.Ping.Load;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab.Agents;

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
    public async Task A_lost_agent_is_named_with_its_share_and_the_others_count()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var gone = new LabAgent("gone", closed.LocalEndPoint!);

        LoadReport report = await RunAsync(clients: 3, Token, AgentAt(_agent), gone);

        LabLoadFigures load = report.Figures.Load!;
        Assert.Equal(2, load.AnsweredClients);
        Assert.Equal(load.RoundTrips, report.Latency.Count);
        Assert.StartsWith("gone with 1 of 3 clients: ", Assert.Single(load.LostAgents!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_agent_there_is_no_measurement() => Assert.Contains(
        "no agent has reported: ", (await Assert.ThrowsAsync<LabException>(() =>
            RunAsync(clients: 1, Token, new LabAgent("gone", new IPEndPoint(IPAddress.Loopback, 1))))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_wrong_token_is_refused() => Assert.EndsWith(
        "agent with 1 of 1 clients: wrong token", (await Assert.ThrowsAsync<LabException>(() =>
            RunAsync(clients: 1, "another secret, also long"u8.ToArray(), AgentAt(_agent)))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_second_lab_is_refused_and_the_load_ends_when_the_first_one_leaves()
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
    [InlineData(0, 10, "ping", "ERROR clients: out of bounds")]
    [InlineData(1, 1e9, "ping", "ERROR duration_ms: out of bounds")]
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
    public async Task A_fault_of_a_load_is_answered_and_logged()
    {
        await using Server agent = StartAgent((_, _, _) => throw new InvalidOperationException("no\u001b\nway"));
        using Connection lab = await BeginAsync(durationMs: 10, at: agent);

        Assert.Equal("ERROR no\\u001B way", await ReadLineAsync(lab));
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

        LabException lost = await Assert.ThrowsAsync<LabException>(
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
        Func<PingLoadOptions, Action<PingLoadView>, CancellationToken, Task<PingLoadReport>>? run = null) =>
        Server.Start(new AgentHandler(Token, TextWriter.Synchronized(_log), run), new()
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get("async"),
        });

    private static LabAgent AgentAt(Server agent) => new("agent", agent.EndPoints[0]);

    private AgentRequest Request(int clients, double durationMs, string wire) =>
        new($"{_pings.EndPoint}", clients, durationMs, 0, 0, null, wire, 1, false);

    private Task<LoadReport> RunAsync(int clients, byte[] token, params LabAgent[] agents)
    {
        var options = new LabOptions
        {
            Subjects = [],
            Settings = [],
            Command = "",
            Agents = agents,
            AgentToken = token,
            Duration = TimeSpan.FromMilliseconds(200),
            WarmUp = TimeSpan.Zero,
        };
        var variant = new LabVariant(new LabSubject("epoll", "epoll", null), new LabSetting(clients));
        return AgentLoad.RunAsync(
            $"{_pings.EndPoint}", variant, options, (_, _) => { }, TestContext.Current.CancellationToken).Bounded();
    }

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
