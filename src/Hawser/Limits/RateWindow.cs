namespace Hawser.Limits;

/// <summary>Measures the rate of one connection in windows of <see cref="MinimumRate.Grace"/>. The heartbeat samples
/// it, so that moving bytes cost nothing.</summary>
internal sealed class RateWindow(long now)
{
    private long _lookedAt = now;
    private long _waited;
    private long _moved;

    /// <summary>Looks at the connection: an interval counts if the look at its end finds it waiting for its
    /// peer.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="now">Milliseconds.</param>
    /// <param name="least">The minimum.</param>
    /// <param name="pause">Milliseconds between two looks. A longer interval, as of a suspended process, counts
    /// twice as much at most.</param>
    public bool IsTooSlow(Connection connection, long now, MinimumRate least, long pause)
    {
        long elapsed = Math.Min(now - _lookedAt, 2 * pause);
        _lookedAt = now;
        long moved = connection.BytesReceived + connection.BytesSent;
        if (moved == 0 || connection.LayeringSince != 0)
        {
            // A layer counts its own bytes, from zero.
            Begin(connection.LayeringSince != 0 ? 0 : moved);
            return false;
        }
        if (connection.AwaitsProgress && !connection.Transport.IsPaused)
            _waited += elapsed;
        if (_waited < least.Grace.TotalMilliseconds)
            return false;
        bool isTooSlow = moved - _moved < least.BytesPerSecond * (_waited / 1000.0);
        Begin(moved);
        return isTooSlow;
    }

    private void Begin(long moved)
    {
        _waited = 0;
        _moved = moved;
    }
}
