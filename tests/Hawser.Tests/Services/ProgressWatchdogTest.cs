using Hawser.Services;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Services;

public sealed class ProgressWatchdogTest : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(10.25);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly FakeTime _time = new();
    private readonly Connection _connection;
    private readonly Connection _peer;

    public ProgressWatchdogTest()
    {
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        _connection = new Connection(end);
        _peer = new Connection(other);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _peer.Dispose();
    }

    [Fact]
    public void The_watchdog_fires_exactly_at_the_timeout()
    {
        using var watchdog = new ProgressWatchdog(_connection, Idle, _time);
        Pass(Idle - Tick);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        Pass(Tick);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(110)]
    [InlineData(190)]
    [InlineData(200)]
    [InlineData(9_990)]
    public async Task A_received_byte_restarts_the_watchdog(int milliseconds)
    {
        using var watchdog = new ProgressWatchdog(_connection, Idle, _time);
        Pass(TimeSpan.FromMilliseconds(milliseconds));
        await _peer.WriteAsync("x"u8.ToArray());
        await _connection.ReadAsync();

        AssertFiresInTime();
    }

    [Fact]
    public async Task An_acknowledged_byte_restarts_the_watchdog()
    {
        using var watchdog = new ProgressWatchdog(_connection, Idle, _time);
        await _connection.WriteAsync("x"u8.ToArray());
        Pass(TimeSpan.FromSeconds(5));
        await _peer.ReadAsync();

        AssertFiresInTime();
    }

    [Fact]
    public void Local_processing_time_does_not_count_towards_the_timeout()
    {
        using var watchdog = new ProgressWatchdog(_connection, Idle, _time);
        watchdog.IsOurTurn = true;
        Pass(3 * Idle);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        watchdog.IsOurTurn = false;

        AssertFiresInTime();
    }

    [Fact]
    public async Task When_everything_is_acknowledged_only_the_wait_for_the_answer_ends()
    {
        using var watchdog = new ProgressWatchdog(_connection, Idle, _time);
        await _connection.WriteAsync("x"u8.ToArray());
        await _peer.ReadAsync();
        watchdog.AwaitAnswer();
        Pass(Latest);

        await Patience.UntilAsync(() => watchdog.AnswerIsLate.IsCancellationRequested);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
    }

    [Fact]
    public async Task When_something_is_not_acknowledged_the_connection_ends()
    {
        using var watchdog = new ProgressWatchdog(_connection, Idle, _time);
        await _connection.WriteAsync("x"u8.ToArray());
        watchdog.AwaitAnswer();
        Pass(Idle);

        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
        Assert.False(watchdog.AnswerIsLate.IsCancellationRequested);
    }

    [Fact]
    public void Without_a_timeout_it_never_fires()
    {
        using var watchdog = new ProgressWatchdog(_connection, Timeout.InfiniteTimeSpan, _time);
        Pass(100 * Idle);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
    }

    private void AssertFiresInTime()
    {
        Pass(Idle - Tick);
        Assert.Equal(CloseReason.None, _connection.EndedBy);
        Pass(Latest - Idle + Tick);
        Assert.Equal(CloseReason.IdleTimeout, _connection.EndedBy);
    }

    private void Pass(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += Tick)
            _time.Advance(Tick);
    }
}
