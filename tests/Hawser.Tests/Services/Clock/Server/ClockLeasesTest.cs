using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Services.Clock.Server;

public sealed class ClockLeasesTest : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(20);

    private readonly FakeTime _time = new();
    private readonly ClockLeases _leases;
    private readonly Connection _connection;
    private readonly Connection _peer;

    public ClockLeasesTest()
    {
        _leases = new ClockLeases(_time);
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        (_connection, _peer) = (new Connection(end), new Connection(other));
    }

    [Fact]
    public void A_silent_client_is_cut_off_when_its_lease_ends_and_not_before()
    {
        using ClockLease lease = _leases.Grant(_connection, Silence, Stay);
        _time.Advance(Silence - Moment);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        _time.Advance(Moment);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    [Fact]
    public void An_active_client_is_cut_off_at_the_limit_of_its_session_and_not_before()
    {
        using ClockLease lease = _leases.Grant(_connection, Silence, Stay);
        for (TimeSpan stayed = TimeSpan.FromSeconds(1); stayed < Stay; stayed += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            lease.Renew(ClockReading.MonotonicNow(_time));
        }
        _time.Advance(TimeSpan.FromSeconds(1) - Moment);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        _time.Advance(Moment);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    [Fact]
    public async Task A_server_grants_three_intervals_and_at_least_five_seconds()
    {
        using var folder = new TemporaryFolder();
        var log = new LogLines();
        await using var handler = new ClockHandler(folder["out"], log, log, _time);
        await using TestServer server = TestServer.Start(Hawser.Models.ConcurrencyModels.Get("async"), handler);
        foreach ((long intervalMs, int seconds) in ((long, int)[])[(10, 5), (60_000, 180)])
        {
            using RawClockClient client = await RawClockClient.ConnectAsync(server.EndPoint, listens: false);
            await client.RegisterAsync(
                new Hello(ClockAbilities.None, 0, intervalMs * 1_000_000, intervalMs * 1_000_000 * 100));
            TimeSpan lease = TimeSpan.FromSeconds(seconds);
            _time.Advance(lease - Moment);
            Assert.Equal(ClockMessage.Alive, await client.AskAsync());
            _time.Advance(lease + TimeSpan.FromMilliseconds(250));
            Assert.Equal(CloseReason.IdleTimeout, await server.Observer.NextReasonAsync());
        }
    }

    public void Dispose()
    {
        _leases.Dispose();
        _connection.Dispose();
        _peer.Dispose();
    }
}
