using System.Net;
using Hawser.Layers;

namespace Hawser;

/// <summary>A connection at one moment; see <see cref="Server.ReadConnections"/>.</summary>
/// <remarks>The members are read one after the other while the connection goes on, so they may differ by what moved in
/// between.</remarks>
public sealed record ConnectionSnapshot
{
    /// <summary>See <see cref="Connection.Id"/>.</summary>
    public required long Id { get; init; }

    /// <summary>What it was doing.</summary>
    public required ConnectionActivity Activity { get; init; }

    /// <summary>The peer's address, from the PROXY header if there is one; null if the transport has none.</summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>The local address; null if the transport has none.</summary>
    public EndPoint? LocalEndPoint { get; init; }

    /// <summary>When the server began to serve it, by the system's clock at that moment.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The time since the server began to serve it, to 16 ms.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>How long it has waited for its peer without a byte in either direction, to 16 ms; zero while it does
    /// not wait for its peer.</summary>
    public TimeSpan Idle { get; init; }

    /// <summary>See <see cref="Connection.BytesReceived"/>.</summary>
    public long BytesReceived { get; init; }

    /// <summary>See <see cref="Connection.BytesSent"/>.</summary>
    public long BytesSent { get; init; }

    /// <summary>The name of the thread or event loop that serves it; null under a model that has none for a
    /// connection.</summary>
    public string? Thread { get; init; }

    /// <summary>What the TLS handshake agreed on; null without TLS, and before the handshake is over.</summary>
    public TlsSession? Tls { get; init; }

    /// <summary>The proxy whose header named <see cref="RemoteEndPoint"/>; null without one.</summary>
    public ProxySource? Proxy { get; init; }
}
