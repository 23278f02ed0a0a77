namespace Hawser;

/// <summary>What a connection is doing.</summary>
public enum ConnectionActivity
{
    /// <summary>Its layers are being added, as by a TLS handshake.</summary>
    Opening,

    /// <summary>It waits for the next message.</summary>
    Resting,

    /// <summary>It waits for input.</summary>
    Receiving,

    /// <summary>It waits for the peer to read.</summary>
    Sending,

    /// <summary>The handler runs, or awaits something other than its peer.</summary>
    Handling,

    /// <summary>The handler has returned; the connection waits for the peer to finish.</summary>
    Closing,
}
