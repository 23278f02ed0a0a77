using System.Collections.Concurrent;

namespace Hawser;

/// <summary>One timer that watches the timeouts of all connections of a server, whatever its model. A connection's hot
/// path pays nothing for it: the heartbeat compares counters.</summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly ConcurrentDictionary<long, Connection> _connections;
    private readonly ServerLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _beating;

    public Heartbeat(ConcurrentDictionary<long, Connection> connections, ServerLimits limits, TimeProvider time)
    {
        _connections = connections;
        _limits = limits;
        _time = time;
        TimeSpan interval = limits.HeartbeatInterval;
        _timer = time.CreateTimer(static heartbeat => ((Heartbeat)heartbeat!).Beat(), this, interval, interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        if (Interlocked.Exchange(ref _beating, 1) != 0)
            return;
        long now = _time.GetTimestamp();
        foreach (KeyValuePair<long, Connection> entry in _connections)
            Watch(entry.Value, now);
        Volatile.Write(ref _beating, 0);
    }

    private void Watch(Connection connection, long now)
    {
        ref HeartbeatRecord seen = ref connection.Heartbeat;
        long moved = connection.BytesReceived + connection.BytesSent;
        if (moved != seen.BytesMoved || !(connection.IsReceiving || connection.IsSending))
        {
            seen.BytesMoved = moved;
            seen.IdleSince = 0;
            return;
        }
        if (seen.IdleSince == 0)
        {
            seen.IdleSince = now;
            return;
        }

        (TimeSpan timeout, CloseReason reason) = moved == 0
            ? (_limits.FirstByteTimeout, CloseReason.FirstByteTimeout)
            : (_limits.IdleTimeout, CloseReason.IdleTimeout);
        if (timeout != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(seen.IdleSince, now) >= timeout)
            End(connection, reason, ref seen, now);
    }

    /// <summary>Asks first, so that the handler can still answer; destroys when that does not help.</summary>
    private void End(Connection connection, CloseReason reason, ref HeartbeatRecord seen, long now)
    {
        if (seen.InterruptedAt == 0 && !connection.IsSending)
        {
            seen.InterruptedAt = now;
            connection.Interrupt(reason);
        }
        else if (seen.InterruptedAt == 0 || _time.GetElapsedTime(seen.InterruptedAt, now) >= _limits.LingerTimeout)
        {
            connection.Abort(reason);
        }
    }
}
