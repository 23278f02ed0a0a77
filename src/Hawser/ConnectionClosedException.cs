namespace Hawser;

/// <summary>The connection has ended: the peer reset it or truncated its TLS stream, or a limit, a stop or an abort
/// ended it.</summary>
public sealed class ConnectionClosedException : IOException
{
    internal ConnectionClosedException(CloseReason reason, Exception? cause = null)
        : base(Describe(reason), cause) => Reason = reason;

    /// <summary>Why it ended.</summary>
    public CloseReason Reason { get; }

    internal static string Describe(CloseReason reason) => reason switch
    {
        CloseReason.PeerReset => "the peer reset the connection",
        CloseReason.Truncated => "the peer closed the connection without a TLS close_notify",
        CloseReason.IdleTimeout => "idle timeout",
        CloseReason.FirstByteTimeout => "first-byte timeout",
        CloseReason.TotalTimeout => "total timeout",
        CloseReason.TooSlow => "below the minimum rate",
        CloseReason.DrainTimeout => "drain timeout",
        CloseReason.ServerStopping => "the server is stopping",
        _ => "connection aborted",
    };
}
