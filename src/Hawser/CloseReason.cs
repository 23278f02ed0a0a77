namespace Hawser;

/// <summary>Why a connection ended. Every connection has exactly one reason.</summary>
public enum CloseReason
{
    /// <summary>Still open.</summary>
    None,

    /// <summary>The handler returned after it had read the peer's end of stream.</summary>
    PeerFinished,

    /// <summary>The handler returned before the peer finished.</summary>
    HandlerFinished,

    /// <summary>The handler, or the owner of a client connection, aborted it.</summary>
    Aborted,

    /// <summary>The peer reset the connection or is unreachable.</summary>
    PeerReset,

    /// <summary>The peer violated the protocol.</summary>
    ProtocolError,

    /// <summary>The peer finished in the middle of a message, or closed without ending its TLS stream.</summary>
    Truncated,

    /// <summary>The peer sent more than <see cref="ServerLimits.BytesPerConnection"/>.</summary>
    ByteLimit,

    /// <summary>No byte moved within <see cref="ServerLimits.FirstByteTimeout"/>.</summary>
    FirstByteTimeout,

    /// <summary>No byte moved for <see cref="ServerLimits.IdleTimeout"/> while the handler waited for the
    /// peer.</summary>
    IdleTimeout,

    /// <summary>The server stopped while the connection waited between two messages.</summary>
    ServerStopping,

    /// <summary>The server stopped, and the connection did not end within
    /// <see cref="ServerLimits.DrainTimeout"/>.</summary>
    DrainTimeout,

    /// <summary>The handler threw an unexpected exception.</summary>
    HandlerFault,

    /// <summary>Bytes moved more slowly than <see cref="ServerLimits.MinimumRate"/>.</summary>
    TooSlow,

    /// <summary>The connection was open for <see cref="ServerLimits.TotalTimeout"/>.</summary>
    TotalTimeout,

    /// <summary>Its handshake was the oldest of more than <see cref="ServerLimits.Handshakes"/>.</summary>
    HandshakeLimit,
}
