using System.Collections.Concurrent;
using Hawser.Limits;
using Hawser.Timing;

namespace Hawser.Connections;

/// <summary>One timer for the timeouts of all connections of a server.</summary>
/// <remarks>A connection records when a wait starts, and when bytes move in a long one, by a <see cref="CoarseClock"/>.
/// The heartbeat checks it only when its timeout could have passed, so bytes cost nothing. Times are milliseconds of
/// that clock.</remarks>
internal sealed class Heartbeat : IDisposable
{
    private const long Never = long.MaxValue;

    // Timeouts that are due together are checked together.
    private const long ShortestPause = 25;

    private const long PauseBetweenLooksForResets = 250;

    // How often the rate of a connection is checked in each period over which it is averaged.
    private const int LooksPerGrace = 10;

    // A .NET timer's maximum is slightly more.
    private const long LongestPause = int.MaxValue;

    private readonly Lock _gate = new();
    private readonly DeadlineHeap<Entry> _due = new();
    private readonly ConcurrentDictionary<long, Connection> _watched = new();
    private volatile ServerLimits _limits;
    private readonly long _pauseBetweenRates;
    private readonly Action<Action> _guard;
    private readonly ITimer _timer;
    private long _next = Never;

    /// <param name="limits">The timeouts.</param>
    /// <param name="time">The clock and timer.</param>
    /// <param name="guard">Runs a call into a transport and reports what it throws.</param>
    public Heartbeat(ServerLimits limits, TimeProvider time, Action<Action> guard)
    {
        _limits = limits;
        _pauseBetweenRates = limits.MinimumRate is { } rate
            ? Math.Max(ShortestPause, (long)rate.Grace.TotalMilliseconds / LooksPerGrace)
            : Never;
        _guard = guard;
        Clock = new CoarseClock(time);
        _timer = time.CreateTimer(
            static heartbeat => ((Heartbeat)heartbeat!).Beat(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CoarseClock Clock { get; }

    /// <summary>Watches the timeouts of a connection until <see cref="Forget"/>.</summary>
    public Entry Add(Connection connection)
    {
        ServerLimits limits = _limits;
        long now = Clock.Now;
        var entry = new Entry(connection)
        {
            BegunAt = now,
            Rate = _pauseBetweenRates == Never ? null : new RateWindow(now),
        };
        long due = Later(now, Shorter(limits.FirstByteTimeout, limits.IdleTimeout));
        Schedule(entry, Math.Min(due, NextLimit(entry, limits, now)), limits);
        return entry;
    }

    /// <summary>Changes the timeouts, also of the connections that it watches. The minimum rate stays.</summary>
    public void Change(ServerLimits limits)
    {
        lock (_gate)
        {
            _limits = limits;
            long now = Clock.Now;
            List<Entry> watched = [];
            while (_due.TakeDue(Never) is { } entry)
            {
                entry.FallDueAt(now);
                watched.Add(entry);
            }
            watched.ForEach(_due.Add);
            BeatAt(now);
        }
    }

    /// <summary>Stops watching a connection that has ended.</summary>
    public void Forget(Entry entry)
    {
        lock (_gate)
        {
            entry.Connection.IsForgotten = true;
            _due.Remove(entry);
        }
        _watched.TryRemove(entry.Connection.Id, out _);
    }

    /// <summary>Polls for a reset while the handler awaits something other than its peer.</summary>
    public void Watch(Connection connection)
    {
        lock (_gate)
        {
            if (connection.IsForgotten)
                return;
            _watched[connection.Id] = connection;
            BeatAt(Clock.Now + PauseBetweenLooksForResets);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        long now = Clock.Now;
        lock (_gate)
            _next = Never;
        while (TakeDue(now) is { } entry)
        {
            ServerLimits limits = _limits;
            long next = now + PauseBetweenLooksForResets;
            _guard(() => next = Look(entry, limits, now));
            Schedule(entry, Math.Max(next, now + ShortestPause), limits);
        }
        _guard(LookForResets);
        lock (_gate)
            BeatAt(Math.Min(
                Math.Max(_due.First?.Due ?? Never, now + ShortestPause),
                _watched.IsEmpty ? Never : now + PauseBetweenLooksForResets));
    }

    private Entry? TakeDue(long now)
    {
        lock (_gate)
            return _due.TakeDue(now);
    }

    /// <param name="entry">The connection.</param>
    /// <param name="due">When to check it, at the latest.</param>
    /// <param name="limits">The limits from which this follows.</param>
    private void Schedule(Entry entry, long due, ServerLimits limits)
    {
        lock (_gate)
        {
            if (entry.Connection.IsForgotten)
                return;
            if (limits != _limits)
                due = Clock.Now + ShortestPause;
            entry.FallDueAt(due);
            _due.Add(entry);
            BeatAt(due);
        }
    }

    /// <summary>Sets the timer, unless it is due earlier.</summary>
    private void BeatAt(long due)
    {
        if (due >= _next)
            return;
        _next = due;
        long pause = Math.Clamp(due - Clock.Now, 0, LongestPause);
        _timer.Change(TimeSpan.FromMilliseconds(pause), Timeout.InfiniteTimeSpan);
    }

    /// <returns>When to check again.</returns>
    private long Look(Entry entry, ServerLimits limits, long now)
    {
        if (entry.InterruptedAt != 0)
            return LookForTimeout(entry, limits, now);
        if (now >= Later(entry.BegunAt, limits.TotalTimeout))
            return End(entry, limits, now, CloseReason.TotalTimeout);
        if (limits.MinimumRate is { } least && entry.Rate!.IsTooSlow(entry.Connection, now, least, _pauseBetweenRates))
            return End(entry, limits, now, CloseReason.TooSlow);
        return Math.Min(LookForTimeout(entry, limits, now), NextLimit(entry, limits, now));
    }

    /// <summary>When the total time or the rate is to be checked.</summary>
    private long NextLimit(Entry entry, ServerLimits limits, long now) => Math.Min(
        Later(entry.BegunAt, limits.TotalTimeout), entry.Rate is null ? Never : now + _pauseBetweenRates);

    private static long LookForTimeout(Entry entry, ServerLimits limits, long now)
    {
        Connection connection = entry.Connection;
        long layeringSince = connection.LayeringSince;
        (TimeSpan timeout, CloseReason reason) = layeringSince != 0
            || connection.BytesReceived + connection.BytesSent == 0
            ? (limits.FirstByteTimeout, CloseReason.FirstByteTimeout)
            : (limits.IdleTimeout, CloseReason.IdleTimeout);
        bool isAsked = entry.InterruptedAt != 0;
        if (isAsked)
            timeout = limits.LingerTimeout;
        // The handler's own time does not count.
        if (layeringSince == 0 && !connection.IsReceiving && !connection.IsSending)
            return Later(now, Shorter(timeout, limits.IdleTimeout));
        long quietSince = layeringSince != 0 ? layeringSince : connection.Transport.QuietSince;
        // A byte now and then must not put off the end of a connection that was too slow.
        bool isExtended = connection.EndedBy is not (CloseReason.TooSlow or CloseReason.TotalTimeout);
        long due = Later(isExtended ? Math.Max(entry.InterruptedAt, quietSince) : entry.InterruptedAt, timeout);
        if (now < due)
            return due;
        return End(entry, limits, now, isAsked ? connection.EndedBy : reason);
    }

    /// <summary>Interrupts, so that the handler can still answer; if that does not help, aborts.</summary>
    private static long End(Entry entry, ServerLimits limits, long now, CloseReason reason)
    {
        if (entry.InterruptedAt != 0 || entry.Connection.IsSending)
        {
            entry.Connection.Abort(reason);
            return Never;
        }
        entry.InterruptedAt = now;
        entry.Connection.Interrupt(reason);
        return Later(now, limits.LingerTimeout);
    }

    private void LookForResets()
    {
        foreach (Connection connection in _watched.Values)
        {
            if (!connection.IsReceiving && !connection.IsSending && connection.Transport.IsBroken)
                connection.Abort(CloseReason.PeerReset);
        }
    }

    /// <summary>When a timeout has certainly passed: the recorded start may lie after the coarse clock's
    /// reading.</summary>
    private static long Later(long from, TimeSpan timeout)
    {
        double milliseconds = Math.Ceiling(timeout.TotalMilliseconds + CoarseClock.Resolution.TotalMilliseconds);
        return timeout == Timeout.InfiniteTimeSpan || milliseconds > Never - from ? Never : from + (long)milliseconds;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) =>
        a == Timeout.InfiniteTimeSpan || (b != Timeout.InfiniteTimeSpan && b < a) ? b : a;

    /// <summary>The heartbeat's state of a connection.</summary>
    public sealed class Entry(Connection connection) : Scheduled
    {
        public Connection Connection => connection;

        /// <summary>When a timeout interrupted its wait; 0 if none did.</summary>
        public long InterruptedAt { get; set; }

        /// <summary>When its total time began.</summary>
        public long BegunAt { get; init; }

        /// <summary>Measures its rate; null without a minimum.</summary>
        public RateWindow? Rate { get; init; }

        public void FallDueAt(long due) => Due = due;
    }
}
