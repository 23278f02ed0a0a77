using System.Net;
using Hawser.Transports;

namespace Hawser.Services.Ping.Load;

/// <summary>A load of pings.</summary>
public sealed record PingLoadOptions
{
    /// <summary>The servers; clients are dealt out to them in turn.</summary>
    public required IReadOnlyList<EndPoint> Servers { get; init; }

    /// <summary>Connections at once. Default 1.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>How long is measured. Default 10 s.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before that, under full load and not measured. Default 1 s.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Before that, over which the connections are opened. Default 0: as fast as they come.</summary>
    public TimeSpan Ramp { get; init; }

    /// <summary>Pings per second over all clients, on a schedule fixed in advance (open loop); null: each client sends
    /// its next ping when it has the pong (closed loop).</summary>
    public double? Rate { get; init; }

    /// <summary>Event loops, a thread each. Default one per core, no more than clients.</summary>
    public int Loops { get; init; } = Environment.ProcessorCount;

    /// <summary>For a connection to be made. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After the end, for pongs that are still under way, or
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>. Default 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Layers between the wire and the protocol of each server, such as <see cref="Hawser.Layers.TlsLayer"/>;
    /// see <see cref="DialOptions.Layers"/>. Default none.</summary>
    public Func<EndPoint, IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>>> Layers { get; init; } = _ => [];
}
