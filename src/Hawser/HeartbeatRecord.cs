namespace Hawser;

/// <summary>What the heartbeat saw of a connection when it last looked. Read and written by the heartbeat
/// alone.</summary>
internal struct HeartbeatRecord
{
    /// <summary>Bytes moved by then, in both directions.</summary>
    public long BytesMoved;

    /// <summary>Since when none has moved while the handler waited; a timestamp of the server's
    /// <see cref="TimeProvider"/>, 0 when the handler was not waiting.</summary>
    public long IdleSince;

    /// <summary>When it was told that its time is over; 0 when it was not.</summary>
    public long InterruptedAt;
}
