namespace Hawser.Tests.Simulation;

/// <summary>The clock of a simulation: it moves from one event to the next, and its timers are events.</summary>
/// <remarks>Timers sometimes fire up to a millisecond early. So do those of .NET, which count whole milliseconds on a
/// clock coarser than that of the timestamps.</remarks>
internal sealed class SimulatedTime(SimulatedScheduler scheduler) : TimeProvider
{
    /// <summary>How early a timer may fire.</summary>
    public static readonly TimeSpan LongestHaste = TimeSpan.FromMilliseconds(1);

    // Not zero, which code may take for "never".
    private static readonly TimeSpan Begin = TimeSpan.FromDays(1);

    // Not that of Stopwatch, which would hide a mix-up of the two clocks.
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        scheduler.HasEscaped();
        return (Begin + scheduler.Now).Ticks;
    }

    public override DateTimeOffset GetUtcNow()
    {
        scheduler.HasEscaped();
        return DateTimeOffset.UnixEpoch + Begin + scheduler.Now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(scheduler, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimulatedTimer(SimulatedScheduler scheduler, Action callback) : ITimer
    {
        private IDisposable? _next;
        private bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed || scheduler.HasEscaped())
                return false;
            _next?.Dispose();
            _next = dueTime == Timeout.InfiniteTimeSpan
                ? null
                : scheduler.At(scheduler.Now + dueTime - Haste(dueTime), () => Fire(period));
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            if (!scheduler.HasEscaped())
                _next?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private TimeSpan Haste(TimeSpan dueTime) =>
            scheduler.OneIn(8) ? scheduler.Draw(dueTime < LongestHaste ? dueTime : LongestHaste) : TimeSpan.Zero;

        private void Fire(TimeSpan period)
        {
            if (period > TimeSpan.Zero)
                Change(period, period);
            callback();
        }
    }
}
