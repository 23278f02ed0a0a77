using System.Net;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Transports;

namespace Hawser.Services.Clock;

/// <summary>What a process's clients do.</summary>
public sealed record ClockClientOptions
{
    /// <summary>Where the server is.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>Where the recordings go; made if it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Clients in this process. Default 1.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>Between ticks, 1 ms to 60 s. Default 10 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long to record, one interval to a day. Default 5 min.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether to swap recordings when all are done. Default true.</summary>
    public bool Swap { get; init; } = true;

    /// <summary>Name or secret of the session; null: one that is open to anyone. Default null.</summary>
    public string? Session { get; init; }

    /// <summary>How many members the session must have, this process's clients included; a client in a smaller one
    /// reports it. Default: <see cref="Clients"/>.</summary>
    public int? Members { get; init; }

    /// <summary>The only networks in which peers are connected to; null: those from which they can have reached the
    /// server. Default null.</summary>
    public IReadOnlyList<IPNetwork>? PeerNetworks { get; init; }

    /// <summary>The ports at which clients listen for peers, one each; null: ports of the system's choice. Default
    /// null.</summary>
    public PortRange? PeerPorts { get; init; }

    /// <summary>Layers between the wire and the protocol of the server, such as <see cref="Hawser.Layers.TlsLayer"/>;
    /// see <see cref="DialOptions.Layers"/>. Connections between clients have none.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];

    /// <summary>The clients' clocks.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The most bytes of each file that wait for the disk.</summary>
    internal int PendingLimit { get; init; } = LineFile.PendingLimit;

    /// <summary>Networks as the command line has them: <c>10.0.0.0/8,fd00::/8</c>.</summary>
    /// <exception cref="FormatException">It is not that.</exception>
    public static IReadOnlyList<IPNetwork> ParseNetworks(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PeerAddresses.Parse(text);
    }

    internal Hello ToHello(int peerPort) => new(ClockAbilities.Brotli, (ushort)peerPort,
        ClockTiming.ToNanoseconds(Interval), ClockTiming.ToNanoseconds(Duration), SessionKey.Of(Session));

    /// <exception cref="FormatException">A value is out of bounds; the message says what would do.</exception>
    internal void Validate()
    {
        if (Clients is < 1 or > ClockLimits.Clients)
            throw new FormatException($"{Clients} clients are not 1 to {ClockLimits.Clients}");
        if (Members < Clients || Members > ClockLimits.Clients)
        {
            throw new FormatException(
                $"--members is {Clients} (the clients here) to {ClockLimits.Clients}, not {Members}");
        }

        if (PeerPorts is { } ports && ports.Count < Clients)
            throw new FormatException($"--peer-ports: {Clients} clients need a port each, the range has {ports.Count}");

        Span<byte> frame = stackalloc byte[ClockProtocol.HeaderSize + ClockProtocol.HelloSize];
        ClockProtocol.WriteHello(frame, ToHello(0));
        try
        {
            ClockProtocol.ReadHello(frame[ClockProtocol.HeaderSize..]);
        }
        catch (ProtocolException e)
        {
            throw new FormatException(e.Message);
        }
    }
}
