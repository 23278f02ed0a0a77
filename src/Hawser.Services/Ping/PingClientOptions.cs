using Hawser.Transports;

namespace Hawser.Services.Ping;

/// <summary>The options of a ping client.</summary>
public sealed record PingClientOptions
{
    /// <summary>The client's number, which it sends with every ping.</summary>
    public long Client { get; init; }

    /// <summary>Pings to send.</summary>
    public long Count { get; init; } = 1;

    /// <summary>The pause between a pong and the next ping. Default 0.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>The timeout of the connection and of each pong; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>
    /// for none. Default 10 s.</summary>
    public TimeSpan Timeout { get; init; } = Dialer.DefaultTimeout;

    /// <summary>Layers between the wire and the protocol, such as <see cref="Hawser.Layers.TlsLayer"/>; see
    /// <see cref="DialOptions.Layers"/>.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];
}
