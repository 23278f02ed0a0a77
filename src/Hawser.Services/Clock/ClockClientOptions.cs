using System.Net;
using Hawser.Limits;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Transports;

namespace Hawser.Services.Clock;

/// <summary>The options of a process's clock clients.</summary>
public sealed record ClockClientOptions
{
    /// <summary>The server's address.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>The folder of the recordings; created if missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Clients in this process. Default 1.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>The time between ticks, 1 ms to 60 s. Default 10 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The duration of the recording, one interval to 24 h. Default 5 min.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether to swap recordings at the end. Default true.</summary>
    public bool Swap { get; init; } = true;

    /// <summary>The name or secret of the session; null for one open to anyone. Default null.</summary>
    public string? Session { get; init; }

    /// <summary>The members the session must have, including the clients of this process; fewer are reported as an
    /// error. Default: <see cref="Clients"/>.</summary>
    public int? Members { get; init; }

    /// <summary>The networks in which this client connects to peers; null for those from which a peer can have reached
    /// the server. Default null.</summary>
    public AddressList? PeerNetworks { get; init; }

    /// <summary>The ports on which clients listen for peers, one each; null for ports that the system chooses. Default
    /// null.</summary>
    public PortRange? PeerPorts { get; init; }

    /// <summary>Layers between the wire and the protocol of the server, such as <see cref="Hawser.Layers.TlsLayer"/>;
    /// see <see cref="DialOptions.Layers"/>. Connections between clients have none.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];

    /// <summary>The clients' clocks.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The size limit of data waiting for the disk, in bytes per file.</summary>
    internal int PendingLimit { get; init; } = LineFile.PendingLimit;

    internal Hello ToHello(int peerPort) => new(ClockAbilities.Brotli, (ushort)peerPort,
        ClockTiming.ToNanoseconds(Interval), ClockTiming.ToNanoseconds(Duration), SessionKey.Of(Session));

    /// <exception cref="FormatException">A value is out of bounds; the message names the bounds.</exception>
    internal void Validate()
    {
        if (Clients is < 1 or > ClockLimits.Clients)
            throw new FormatException($"--clients: {Clients} is out of bounds; use 1 to {ClockLimits.Clients}");
        if (Members < Clients || Members > ClockLimits.Clients)
        {
            throw new FormatException(
                $"--members: {Members} is out of bounds; use {Clients} (the clients here) to {ClockLimits.Clients}");
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
