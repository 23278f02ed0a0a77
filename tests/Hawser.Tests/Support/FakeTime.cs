namespace Hawser.Tests.Support;

/// <summary>A clock that only the test advances; timers fire inside <see cref="Advance"/>.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly Lock _advancing = new();
    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private long _now = TimeSpan.TicksPerDay;

    /// <summary>When its timers fire, from now.</summary>
    public IReadOnlyList<TimeSpan> Pending
    {
        get
        {
            lock (_gate)
            {
                return [.. _timers.Select(timer => timer.Due).Where(due => due != long.MaxValue).Order()
                    .Select(due => TimeSpan.FromTicks(due - _now))];
            }
        }
    }

    /// <summary>A timer will fire if time goes on.</summary>
    public bool HasTimerSet => Pending.Count > 0;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            var timer = new FakeTimer(this, () => callback(state), dueTime, period);
            _timers.Add(timer);
            return timer;
        }
    }

    /// <summary>Timers that other threads set meanwhile fire as well, if they are due by the end.</summary>
    public void Advance(TimeSpan by)
    {
        lock (_advancing)
        {
            long target = GetTimestamp() + by.Ticks;
            while (NextUntil(target) is { } next)
                next.Fire();
        }
    }

    /// <summary>Moves to the next timer; without one, to the target.</summary>
    private FakeTimer? NextUntil(long target)
    {
        lock (_gate)
        {
            FakeTimer? next = _timers.Where(timer => timer.Due <= target).MinBy(timer => timer.Due);
            Volatile.Write(ref _now, Math.Max(_now, next?.Due ?? target));
            next?.Rewind();
            return next;
        }
    }

    private long Moment(TimeSpan dueTime) =>
        dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : GetTimestamp() + dueTime.Ticks;

    private sealed class FakeTimer(FakeTime time, Action callback, TimeSpan dueTime, TimeSpan period) : ITimer
    {
        private TimeSpan _period = period;
        private long _due = time.Moment(dueTime);

        public long Due => Volatile.Read(ref _due);

        /// <summary>Sets the next due time, before it fires.</summary>
        public void Rewind() => Volatile.Write(
            ref _due, _period > TimeSpan.Zero ? _due + _period.Ticks : long.MaxValue);

        public void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                _period = period;
                Volatile.Write(ref _due, time.Moment(dueTime));
                return true;
            }
        }

        public void Dispose() => Volatile.Write(ref _due, long.MaxValue);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
