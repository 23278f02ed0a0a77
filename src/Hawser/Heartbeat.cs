using System.Collections.Concurrent;
using Hawser.EventLoops;

namespace Hawser;

/// <summary>One timer that watches the timeouts of all connections of a server, whatever its model.</summary>
/// <remarks>A connection notes when a wait begins and when bytes of a long one move, by a <see cref="CoarseClock"/>.
/// The heartbeat looks at it when its timeout could have passed, and no sooner: it costs nothing for each byte, and
/// nothing while all is well. Times are in milliseconds of that clock.</remarks>
internal sealed class Heartbeat : IDisposable
{
    private const long Never = long.MaxValue;

    // Timeouts that fall due together are looked at together.
    private const long ShortestPause = 25;

    private const long PauseBetweenLooksForResets = 250;

    // The longest that a timer of .NET can be set to is a little more.
    private const long LongestPause = int.MaxValue;

    private readonly Lock _gate = new();
    private readonly DeadlineHeap<Entry> _due = new();
    private readonly ConcurrentDictionary<long, Connection> _watched = new();
    private readonly ServerLimits _limits;
    private readonly Action<Action> _guard;
    private readonly ITimer _timer;
    private long _next = Never;

    /// <param name="limits">The timeouts.</param>
    /// <param name="time">The clock and timer.</param>
    /// <param name="guard">Makes a call that must not throw here: a transport may be anybody's.</param>
    public Heartbeat(ServerLimits limits, TimeProvider time, Action<Action> guard)
    {
        _limits = limits;
        _guard = guard;
        Clock = new CoarseClock(time);
        _timer = time.CreateTimer(
            static heartbeat => ((Heartbeat)heartbeat!).Beat(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CoarseClock Clock { get; }

    /// <summary>Keeps the timeouts of a connection, until it is forgotten.</summary>
    public Entry Add(Connection connection)
    {
        var entry = new Entry(connection);
        Schedule(entry, Later(Clock.Now, Shorter(_limits.FirstByteTimeout, _limits.IdleTimeout)));
        return entry;
    }

    /// <summary>A connection has ended.</summary>
    public void Forget(Entry entry)
    {
        lock (_gate)
        {
            entry.Connection.IsForgotten = true;
            _due.Remove(entry);
        }
        _watched.TryRemove(entry.Connection.Id, out _);
    }

    /// <summary>Looks for a reset while the handler waits for something else than its peer.</summary>
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
            long next = now + PauseBetweenLooksForResets;
            _guard(() => next = Look(entry, now));
            Schedule(entry, Math.Max(next, now + ShortestPause));
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

    private void Schedule(Entry entry, long due)
    {
        lock (_gate)
        {
            if (entry.Connection.IsForgotten)
                return;
            entry.FallDueAt(due);
            _due.Add(entry);
            BeatAt(due);
        }
    }

    /// <summary>Sets the timer, unless it is set to an earlier moment already.</summary>
    private void BeatAt(long due)
    {
        if (due >= _next)
            return;
        _next = due;
        long pause = Math.Clamp(due - Clock.Now, 0, LongestPause);
        _timer.Change(TimeSpan.FromMilliseconds(pause), Timeout.InfiniteTimeSpan);
    }

    /// <returns>When to look again.</returns>
    private long Look(Entry entry, long now)
    {
        Connection connection = entry.Connection;
        long layeringSince = connection.LayeringSince;
        (TimeSpan timeout, CloseReason reason) = layeringSince != 0
            || connection.BytesReceived + connection.BytesSent == 0
            ? (_limits.FirstByteTimeout, CloseReason.FirstByteTimeout)
            : (_limits.IdleTimeout, CloseReason.IdleTimeout);
        // Asked first, so that the handler can still answer; destroyed when that does not help.
        bool isAsked = entry.InterruptedAt != 0;
        if (isAsked)
            timeout = _limits.LingerTimeout;
        // Time that the handler spends on its own does not count.
        if (layeringSince == 0 && !connection.IsReceiving && !connection.IsSending)
            return Later(now, Shorter(timeout, _limits.IdleTimeout));
        long quietSince = layeringSince != 0 ? layeringSince : connection.Transport.QuietSince;
        long due = Later(Math.Max(entry.InterruptedAt, quietSince), timeout);
        if (now < due)
            return due;
        if (!isAsked && !connection.IsSending)
        {
            entry.InterruptedAt = now;
            connection.Interrupt(reason);
            return Later(now, _limits.LingerTimeout);
        }
        connection.Abort(isAsked ? connection.EndedBy : reason);
        return Never;
    }

    private void LookForResets()
    {
        foreach (Connection connection in _watched.Values)
        {
            if (!connection.IsReceiving && !connection.IsSending && connection.Transport.IsBroken)
                connection.Abort(CloseReason.PeerReset);
        }
    }

    /// <summary>When a timeout has passed for certain: what was noted may be later than the clock said.</summary>
    private static long Later(long from, TimeSpan timeout)
    {
        double milliseconds = Math.Ceiling(timeout.TotalMilliseconds + CoarseClock.Resolution.TotalMilliseconds);
        return timeout == Timeout.InfiniteTimeSpan || milliseconds > Never - from ? Never : from + (long)milliseconds;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) =>
        a == Timeout.InfiniteTimeSpan || (b != Timeout.InfiniteTimeSpan && b < a) ? b : a;

    /// <summary>What the heartbeat keeps of a connection.</summary>
    public sealed class Entry(Connection connection) : Scheduled
    {
        public Connection Connection => connection;

        /// <summary>When its wait was ended for a timeout; 0 when it was not.</summary>
        public long InterruptedAt { get; set; }

        public void FallDueAt(long due) => Due = due;
    }
}
