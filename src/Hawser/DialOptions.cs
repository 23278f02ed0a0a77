using System.Net;
using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser;

/// <summary>How <see cref="Dialer"/> connects.</summary>
public sealed record DialOptions
{
    // The Connection Attempt Delay of RFC 8305, section 5.
    private static readonly TimeSpan DefaultConnectionAttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Bounds the whole call: name resolution and the attempts at all addresses.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no bound. Default
    /// <see cref="Dialer.DefaultTimeout"/>.</summary>
    public TimeSpan Timeout { get; init; } = Dialer.DefaultTimeout;

    /// <summary>Called with each socket before it connects, one at a time, to set options or bind a source address. A
    /// name with several addresses takes a socket per attempt. TCP sockets already have <see cref="Socket.NoDelay"/>
    /// set.</summary>
    /// <remarks>A <see cref="SocketException"/> fails that attempt; any other exception ends the dial and reaches its
    /// caller. Do not keep the socket: the dialer may close it or replace the object.</remarks>
    public Action<Socket>? ConfigureSocket { get; init; }

    /// <summary>Layers between the wire and the protocol, the first one next to the wire, as
    /// <see cref="ServerOptions.Layers"/>. <see cref="Timeout"/> includes them.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];

    internal void Validate()
    {
        if (Timeout < TimeSpan.Zero && Timeout != System.Threading.Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(Timeout), Timeout, "a timeout must not be negative");
    }

    /// <summary>How long an attempt runs alone before the next one starts beside it.</summary>
    internal TimeSpan ConnectionAttemptDelay { get; init; } = DefaultConnectionAttemptDelay;

    /// <summary>Resolves a name.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}
