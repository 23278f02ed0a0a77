namespace Hawser;

/// <summary>Why a connection ended; every connection has exactly one.</summary>
public enum CloseReason
{
    /// <summary>Still open.</summary>
    None,

    /// <summary>The handler returned, having read the peer's end of stream.</summary>
    PeerFinished,

    /// <summary>The handler returned before the peer had finished.</summary>
    HandlerFinished,

    /// <summary>The handler, or the client that owns the connection, aborted it.</summary>
    Aborted,

    /// <summary>The peer reset the connection, or is gone.</summary>
    PeerReset,

    /// <summary>The peer broke a rule of the protocol.</summary>
    ProtocolError,

    /// <summary>The peer finished in the middle of a message.</summary>
    Truncated,

    /// <summary>The peer sent more than <see cref="ServerLimits.BytesPerConnection"/>.</summary>
    ByteLimit,

    /// <summary>No byte moved within <see cref="ServerLimits.FirstByteTimeout"/>.</summary>
    FirstByteTimeout,

    /// <summary>No byte moved for <see cref="ServerLimits.IdleTimeout"/> while the handler waited for the
    /// peer.</summary>
    IdleTimeout,

    /// <summary>The server stopped while the connection was at rest between two messages.</summary>
    ServerStopping,

    /// <summary>The server stopped, and the conversation was not over within
    /// <see cref="ServerLimits.DrainTimeout"/>.</summary>
    DrainTimeout,

    /// <summary>The handler threw: a fault of ours.</summary>
    HandlerFault,
}
