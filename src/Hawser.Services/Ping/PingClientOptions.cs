using Hawser.Transports;

namespace Hawser.Services.Ping;

/// <summary>What a ping client does.</summary>
public sealed record PingClientOptions
{
    /// <summary>The number the client gives itself.</summary>
    public long Client { get; init; }

    /// <summary>Pings to send.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Pause between a pong and the next ping. Default none.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>To connect, and for each pong; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.
    /// Default 10 s.</summary>
    public TimeSpan Timeout { get; init; } = Dialer.DefaultTimeout;

    /// <summary>Layers between the wire and the protocol, such as <see cref="Hawser.Layers.TlsLayer"/>; see
    /// <see cref="DialOptions.Layers"/>.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];
}
