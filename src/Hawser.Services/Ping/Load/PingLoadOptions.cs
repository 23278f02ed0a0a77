using System.Net;
using Hawser.Transports;

namespace Hawser.Services.Ping.Load;

/// <summary>The options of a load of pings.</summary>
public sealed record PingLoadOptions
{
    /// <summary>The most pings that a client sends at once: they fit into any socket's buffer.</summary>
    public const int LongestPipeline = 256;

    /// <summary>The servers. Clients are assigned to them in turn.</summary>
    public required IReadOnlyList<EndPoint> Servers { get; init; }

    /// <summary>Concurrent connections. Default 1.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>The number of the first client: other processes have those before. Default 0.</summary>
    internal int FirstClient { get; init; }

    /// <summary>The length of the measurement. Default 10 s.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Full load before the measurement. It begins when every client has connected or failed to. Default 1 s.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The time over which connections are opened, before the warm-up. Default 0: all at once.</summary>
    public TimeSpan Ramp { get; init; }

    /// <summary>Pings per second of all clients, on a schedule fixed in advance (open loop). Null: each client sends its
    /// next ping when it has the pong (closed loop).</summary>
    public double? Rate { get; init; }

    /// <summary>The protocol. Default <see cref="LoadWire.Ping"/>.</summary>
    public LoadWire Wire { get; init; } = LoadWire.Ping;

    /// <summary>Pings that a client sends at once, up to <see cref="LongestPipeline"/>; the next ones follow the last
    /// pong. Default 1.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>Each client connects, sends one ping, receives its pong, half-closes, waits for the server's end,
    /// closes and connects again; a round trip is all of that. Linux, to addresses of IPv4, without
    /// <see cref="Rate"/>, <see cref="Pipeline"/> and <see cref="Layers"/>. Default false.</summary>
    public bool IsChurn { get; init; }

    /// <summary>Event loops, a thread each; at most one per client. Default one per core.</summary>
    public int Loops { get; init; } = Environment.ProcessorCount;

    /// <summary>Bounds each connection attempt. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait at the end for pongs in flight, or
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>. Default 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Layers between the wire and the protocol of each server, such as <see cref="Hawser.Layers.TlsLayer"/>;
    /// see <see cref="DialOptions.Layers"/>. Default none.</summary>
    public Func<EndPoint, IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>>> Layers { get; init; } = _ => [];

    /// <summary>The server of a client.</summary>
    /// <param name="number">Its place among the clients of this process.</param>
    internal EndPoint ServerOf(int number) => Servers[(FirstClient + number) % Servers.Count];

    /// <summary>The part of the load for one of several processes: they share the clients evenly, the first ones have
    /// one more, and every client keeps its number, its server and its rate.</summary>
    internal PingLoadOptions Share(int index, int processes)
    {
        int clients = (Clients / processes) + (index < Clients % processes ? 1 : 0);
        return this with
        {
            FirstClient = FirstClient + (Clients / processes * index) + Math.Min(index, Clients % processes),
            Clients = clients,
            Rate = Rate * clients / Clients,
        };
    }
}
