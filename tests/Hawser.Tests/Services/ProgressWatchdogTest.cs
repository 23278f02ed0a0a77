using Hawser.Services;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Services;

public sealed class ProgressWatchdogTest : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly FakeTime _time = new();
    private readonly Connection _connection;
    private readonly Connection _peer;

    public ProgressWatchdogTest()
    {
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        (_connection, _peer) = (new Connection(end), new Connection(other));
    }

    [Fact]
    public void A_connection_that_moves_no_byte_is_aborted_at_the_timeout_and_not_before()
    {
        using var watchdog = new ProgressWatchdog(_connection, Timeout, _time);
        _time.Advance(Timeout - Moment);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        _time.Advance(Moment);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    [Fact]
    public async Task A_byte_that_comes_grants_the_whole_timeout_again()
    {
        using var watchdog = new ProgressWatchdog(_connection, Timeout, _time);
        _time.Advance(Timeout - Moment);
        await _peer.WriteAsync(new byte[1]);
        await _connection.ReadAsync();
        _time.Advance(Timeout);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        _time.Advance(Timeout / 20);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    [Fact]
    public void While_it_is_this_sides_turn_nothing_is_aborted()
    {
        using var watchdog = new ProgressWatchdog(_connection, Timeout, _time) { IsOurTurn = true };
        _time.Advance(10 * Timeout);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        watchdog.IsOurTurn = false;
        _time.Advance(Timeout);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _peer.Dispose();
    }
}
