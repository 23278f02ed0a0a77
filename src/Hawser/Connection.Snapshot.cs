using Hawser.Layers;
using Hawser.Transports;

namespace Hawser;

/// <content>What others may see of a connection while its handler runs.</content>
public sealed partial class Connection
{
    private volatile bool _isClosing;

    /// <summary>When the server began to serve it, by the server's coarse clock.</summary>
    internal long Begun { get; init; }

    /// <summary>The same, by the system's clock.</summary>
    internal DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The thread that serves it alone or among others; null if the model keeps none.</summary>
    internal string? ThreadName { get; init; }

    /// <summary>The handler has returned.</summary>
    internal bool IsClosing
    {
        get => _isClosing;
        set => _isClosing = value;
    }

    /// <summary>Reads its state. Thread-safe.</summary>
    internal ConnectionSnapshot TakeSnapshot()
    {
        long now = _scope.Clock.Now;
        ConnectionActivity activity = ReadActivity();
        // Only layers know of TLS or a proxy.
        Features? features = _transport is LayeredTransport ? _transport.Features : null;
        long quietSince = activity switch
        {
            ConnectionActivity.Opening => LayeringSince,
            ConnectionActivity.Handling or ConnectionActivity.Closing => now,
            _ => _transport.QuietSince,
        };
        return new ConnectionSnapshot
        {
            Id = Id,
            Activity = activity,
            RemoteEndPoint = RemoteEndPoint,
            LocalEndPoint = LocalEndPoint,
            AcceptedAt = AcceptedAt,
            Age = Since(Begun),
            // The opening may have ended since.
            Idle = quietSince == 0 ? TimeSpan.Zero : Since(quietSince),
            BytesReceived = BytesReceived,
            BytesSent = BytesSent,
            Thread = ThreadName,
            Tls = features?.Get<TlsSession>(),
            Proxy = features?.Get<ProxySource>(),
        };

        TimeSpan Since(long moment) => TimeSpan.FromMilliseconds(Math.Max(0, now - moment));
    }

    private ConnectionActivity ReadActivity() =>
        LayeringSince != 0 ? ConnectionActivity.Opening
        : IsClosing ? ConnectionActivity.Closing
        : IsSending ? ConnectionActivity.Sending
        : !IsReceiving ? ConnectionActivity.Handling
        : _isAtRest ? ConnectionActivity.Resting
        : ConnectionActivity.Receiving;
}
