using System.Net;
using System.Text;
using Hawser.App.Agents;
using Hawser.App.LoadReports;
using Hawser.Models;
using Hawser.Services.Ping.Load;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Agents;

/// <summary>Clients and agents that vanish without a word: stopped, or cut off from the network.</summary>
public sealed class AgentSilenceTest : IAsyncDisposable
{
    private static readonly TimeSpan Most = AgentProtocol.LongestSilence;
    private static readonly TimeSpan Little = TimeSpan.FromTicks(1);

    private readonly FakeTime _time = new();
    private readonly StringWriter _log = new();
    private readonly PingServer _pings = PingServer.Start("select");

    public ValueTask DisposeAsync() => _pings.DisposeAsync();

    [Fact]
    public async Task A_client_without_a_heartbeat_loses_its_load_and_its_place()
    {
        await using Server agent = StartAgent();
        using Connection client = await BeginAsync(agent);
        await ReadLineAsync(client);

        await PassAsync(Most - Little);
        await client.WriteAsync("\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await Patience.UntilAsync(() => _time.Pending.Contains(Most));
        await PassAsync(Most - Little);
        await ReadLineAsync(client);
        Assert.Equal(1, agent.Connections);
        _time.Advance(Little);

        await Patience.UntilAsync(() => agent.Connections == 0);
        Assert.Contains($"ended the load for {client.LocalEndPoint}: no heartbeat for 15 s", $"{_log}",
            StringComparison.Ordinal);
        using Connection next = await BeginAsync(agent);
        Assert.DoesNotContain("ERROR", await ReadLineAsync(next), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\n\nload")]
    public async Task Anything_but_a_heartbeat_ends_the_load(string sent)
    {
        await using Server agent = StartAgent();
        using Connection client = await BeginAsync(agent);

        await client.WriteAsync(Encoding.ASCII.GetBytes(sent), TestContext.Current.CancellationToken);

        await Patience.UntilAsync(() => agent.Connections == 0);
    }

    [Fact]
    public async Task A_client_sends_a_heartbeat_a_second()
    {
        const int Beats = 3;
        using var heard = new SemaphoreSlim(0);
        await using TestServer agent = StartFake(async connection =>
        {
            for (int i = 0; i < Beats; i++)
            {
                if (await connection.TryReadLineAsync(AgentProtocol.LongestRequest) is { Length: 0 })
                    heard.Release();
            }
            await connection.WriteAsync("ERROR heard\n"u8.ToArray());
        });

        Task<LoadOutcome> load = RunAsync(agent);
        for (int i = 0; i < Beats; i++)
        {
            await Patience.UntilAsync(() => _time.Pending.Contains(AgentProtocol.HeartbeatInterval));
            _time.Advance(AgentProtocol.HeartbeatInterval);
            Assert.True(await heard.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken));
        }

        Assert.EndsWith("clients: heard", (await Assert.ThrowsAsync<IOException>(() => load.Bounded())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_falls_silent_is_lost()
    {
        var asked = new TaskCompletionSource();
        await using TestServer agent = StartFake(async connection =>
        {
            asked.SetResult();
            while (await connection.TryReadLineAsync(AgentProtocol.LongestRequest) is not null)
            {
            }
        });

        Task<LoadOutcome> load = RunAsync(agent);
        await asked.Task.Bounded();
        await Patience.UntilAsync(() => _time.Pending.Contains(Most));
        _time.Advance(Most);

        Assert.EndsWith("clients: it was silent for 15 s before its report",
            (await Assert.ThrowsAsync<IOException>(() => load.Bounded())).Message, StringComparison.Ordinal);
    }

    private async Task PassAsync(TimeSpan time)
    {
        await Patience.UntilAsync(() => _time.Pending.Contains(Most));
        _time.Advance(time);
    }

    private Server StartAgent() => Server.Start(
        new AgentHandler([], TextWriter.Synchronized(_log)), new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get("async"),
            TimeProvider = _time,
        });

    /// <summary>An agent that has read a request.</summary>
    private static TestServer StartFake(Func<Connection, Task> answer) => TestServer.Start("threads", async connection =>
    {
        await connection.WriteAsync(AgentProtocol.Greeting(Encoding.ASCII.GetBytes(new string('0', 32))));
        await connection.TryReadLineAsync(AgentProtocol.LongestRequest);
        await answer(connection);
    }, options => options with { Layers = [] });

    private Task<LoadOutcome> RunAsync(TestServer agent) =>
        new AgentLoad([new AgentAddress("agent", agent.Server.EndPoints[0])], [], _time).RunAsync(
            new PingLoadOptions { Servers = [_pings.EndPoint], Clients = 1, Duration = TimeSpan.FromMinutes(5) },
            cancel: TestContext.Current.CancellationToken);

    private async Task<Connection> BeginAsync(Server agent)
    {
        Connection client = await Dialer.ConnectAsync(agent.EndPoints[0], Patience.Limit);
        byte[] nonce = AgentProtocol.NonceOf(Encoding.UTF8.GetBytes(await ReadLineAsync(client)));
        var request = new AgentRequest([$"{_pings.EndPoint}"], 0, 1, 600_000, 0, 0, 2000, null, "ping", 1, false);
        await client.WriteAsync(
            AgentProtocol.WriteRequest(request, nonce, []), TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task<string> ReadLineAsync(Connection client)
    {
        ReadOnlyMemory<byte>? line = await client.TryReadLineAsync(
            AgentProtocol.LongestAnswer, TestContext.Current.CancellationToken).AsTask().Bounded();
        return Encoding.UTF8.GetString(line!.Value.Span);
    }
}
