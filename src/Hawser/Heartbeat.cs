using System.Collections.Concurrent;
using Hawser.EventLoops;

namespace Hawser;

/// <summary>One timer that watches the timeouts of all connections of a server, whatever its model.</summary>
/// <remarks>Connections note the time of the last beat when a byte moves or a wait begins (<see cref="CoarseClock"/>).
/// The heartbeat looks at a connection when its timeout could have passed, and no sooner.</remarks>
internal sealed class Heartbeat : IDisposable
{
    private const int BeatsPerLookAtWatched = 10;

    /// <summary>Timeouts are at most about two of these late.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private readonly Lock _gate = new();
    private readonly DeadlineHeap<HeartbeatEntry> _due = new();
    private readonly ConcurrentDictionary<Connection, bool> _watched = new();
    private readonly ServerLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _interval;
    private bool _isBeating;
    private bool _isLooking;
    private int _beats;
    private long _lateSince;
    private long _lateUntil;

    public Heartbeat(ServerLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _interval = Ticks(Interval);
        Clock.Now = time.GetTimestamp();
        _timer = time.CreateTimer(
            static heartbeat => ((Heartbeat)heartbeat!).Beat(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CoarseClock Clock { get; } = new();

    /// <summary>Keeps the timeouts of a connection, until it is forgotten.</summary>
    public HeartbeatEntry Add(Connection connection)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            if (!_isBeating)
            {
                _isBeating = true;
                Clock.Now = now;
                _timer.Change(Interval, Interval);
            }
            var entry = new HeartbeatEntry(connection);
            Schedule(entry, Later(now, Shorter(_limits.FirstByteTimeout, _limits.IdleTimeout)));
            return entry;
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Forget(HeartbeatEntry entry)
    {
        lock (_gate)
        {
            entry.IsForgotten = true;
            _due.Remove(entry);
        }
        _watched.TryRemove(entry.Connection, out _);
    }

    /// <summary>Looks for a reset while the handler waits for something else than its peer.</summary>
    public void Watch(Connection connection) => _watched[connection] = true;

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        lock (_gate)
        {
            if (_isLooking)
                return;
            _isLooking = true;
        }
        try
        {
            long now = Tick();
            while (TakeDue(now) is { } entry)
                Schedule(entry, Look(entry, now));
            if (++_beats % BeatsPerLookAtWatched == 0)
                LookAtWatched();
        }
        finally
        {
            Rest();
        }
    }

    private long Tick()
    {
        long now = _time.GetTimestamp();
        long last = Clock.Now;
        if (now - last > 2 * _interval)
            (_lateSince, _lateUntil) = (last, now);
        Clock.Now = now;
        return now;
    }

    private void Rest()
    {
        lock (_gate)
        {
            _isLooking = false;
            if (_due.Count > 0)
                return;
            _isBeating = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private HeartbeatEntry? TakeDue(long now)
    {
        lock (_gate)
            return _due.TakeDue(now);
    }

    private void Schedule(HeartbeatEntry entry, long due)
    {
        lock (_gate)
        {
            if (entry.IsForgotten)
                return;
            entry.FallDueAt(due);
            _due.Add(entry);
        }
    }

    /// <returns>When to look again.</returns>
    private long Look(HeartbeatEntry entry, long now)
    {
        Connection connection = entry.Connection;
        (TimeSpan timeout, CloseReason reason) = connection.BytesReceived + connection.BytesSent == 0
            ? (_limits.FirstByteTimeout, CloseReason.FirstByteTimeout)
            : (_limits.IdleTimeout, CloseReason.IdleTimeout);
        // Asked first, so that the handler can still answer; destroyed when that does not help.
        if (entry.InterruptedAt != 0)
            timeout = _limits.LingerTimeout;
        // Time that the handler spends on its own does not count.
        if (!connection.IsReceiving && !connection.IsSending)
            return Later(now, timeout);
        long due = Later(Math.Max(entry.InterruptedAt, Latest(connection.Transport.QuietSince)), timeout);
        if (now < due)
            return due;
        if (entry.InterruptedAt == 0 && !connection.IsSending)
        {
            entry.InterruptedAt = now;
            connection.Interrupt(reason);
            return Later(now, _limits.LingerTimeout);
        }
        connection.Abort(entry.InterruptedAt == 0 ? reason : connection.EndedBy);
        return long.MaxValue;
    }

    private void LookAtWatched()
    {
        foreach (Connection connection in _watched.Keys)
        {
            if (!connection.IsReceiving && !connection.IsSending && connection.Transport.IsBroken)
                connection.Abort(CloseReason.PeerReset);
        }
    }

    /// <summary>The latest moment at which something can have happened that was noted with this time: before the beat
    /// that followed.</summary>
    private long Latest(long noted) => noted == _lateSince ? _lateUntil : noted + _interval;

    private long Later(long from, TimeSpan delay) =>
        delay == Timeout.InfiniteTimeSpan || Ticks(delay) > long.MaxValue - from ? long.MaxValue : from + Ticks(delay);

    private long Ticks(TimeSpan delay) =>
        (long)Math.Min(delay.TotalSeconds * _time.TimestampFrequency, long.MaxValue / 2);

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) =>
        a == Timeout.InfiniteTimeSpan || (b != Timeout.InfiniteTimeSpan && b < a) ? b : a;
}
