using System.Net;

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

    /// <summary>Whether to give and take recordings when all are done. Default true.</summary>
    public bool Exchange { get; init; } = true;

    /// <summary>The clients' clocks.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal Hello ToHello(int peerPort) => new(ClockAbilities.Brotli, (ushort)peerPort,
        ClockTiming.ToNanoseconds(Interval), ClockTiming.ToNanoseconds(Duration));

    /// <exception cref="FormatException">A value is out of bounds; the message says what would do.</exception>
    internal void Validate()
    {
        if (Clients is < 1 or > ClockLimits.Clients)
            throw new FormatException($"{Clients} clients are not 1 to {ClockLimits.Clients}");
        Span<byte> frame = stackalloc byte[ClockProtocol.HeaderSize + ClockProtocol.HelloSize];
        ClockProtocol.WriteHello(frame, ToHello(0));
        if (!ClockProtocol.TryReadHello(frame[ClockProtocol.HeaderSize..], out _, out string? broken))
            throw new FormatException(broken);
    }
}
