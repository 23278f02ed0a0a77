using Hawser.Limits;

namespace Hawser;

/// <summary>The limits of one server. They hold under every model.</summary>
/// <remarks><see cref="Timeout.InfiniteTimeSpan"/> disables a timeout, the largest value of its type a number. An
/// address is an IPv4 address or an IPv6 network of 64 bits, since one host may use all of these. The limits of
/// addresses do not apply to Unix domain sockets. A refused connection is reset, because a protocol could mistake an
/// orderly end for an answer; <see cref="IServerObserver.Refused"/> reports it.</remarks>
public sealed record ServerLimits
{
    /// <summary>Connections at once. At the limit the server stops accepting, and connections wait in the backlog.
    /// Default 10,000.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections of one address at once; more are refused. Default: no limit, because the clients behind a
    /// proxy or a NAT have one address.</summary>
    public int ConnectionsPerAddress { get; init; } = int.MaxValue;

    /// <summary>New connections of one address per second, on average. As many, at least one, may come at once; more
    /// are refused. Above zero. Default: no limit (<see cref="double.PositiveInfinity"/>), as for
    /// <see cref="ConnectionsPerAddress"/>.</summary>
    public double AcceptRate { get; init; } = double.PositiveInfinity;

    /// <summary>Connections at once whose <see cref="ServerOptions.Layers"/> are not open yet: TLS handshakes, PROXY
    /// headers, tokens. A new one beyond the limit takes the place of the oldest, which is reset. Half-open handshakes
    /// therefore keep out no client that finishes its own before as many others begin one. Default 1,000: about as many
    /// as a processor finishes in a second.</summary>
    public int Handshakes { get; init; } = 1_000;

    /// <summary>The addresses that may connect; others are refused. Default: all.</summary>
    public AddressList? Allow { get; init; }

    /// <summary>The addresses that are refused, even if <see cref="Allow"/> has them. Default: none.</summary>
    public AddressList? Deny { get; init; }

    /// <summary>The user ids whose processes may connect to a Unix domain socket (SO_PEERCRED, unix(7)); others are
    /// refused, and all where the system does not tell. Default: all users whom the socket's permissions admit. Does not
    /// apply to IP addresses.</summary>
    public IReadOnlySet<uint>? AllowUsers { get; init; }

    /// <summary>How long a handler may wait until the first byte moves, in either direction. Default 60 s.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a handler may wait for its peer while no byte moves in either direction. The handler's own
    /// time does not count. Default 5 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a connection may last. Then its handler's waits end as with <see cref="IdleTimeout"/>; a send
    /// in progress ends with a reset. Default: no limit, because a conversation may last for days.</summary>
    public TimeSpan TotalTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The rate below which a connection ends. Only the time counts in which the handler waits for the peer to
    /// send the rest of a message, or to read: not the handler's own time, not the time between two messages
    /// (<see cref="Connection.WaitForInputAsync(Deadline, CancellationToken)"/>), not that before the first byte, which
    /// <see cref="FirstByteTimeout"/> bounds, and not the pauses of a <see cref="RateLimit"/>. Default: none, because
    /// people type slowly.</summary>
    public MinimumRate? MinimumRate { get; init; }

    /// <summary>How long conversations in progress may continue after a stop. Default 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a closing connection waits for the peer to finish, so that a reset does not destroy the last
    /// bytes. Default 2 s.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes received per connection. Default: no limit, because services bound their messages.</summary>
    public long BytesPerConnection { get; init; } = long.MaxValue;

    /// <summary>Bytes per second of all connections together, in each direction. Connections that would move more wait,
    /// and get equal shares. Default: no limit.</summary>
    public long RateLimit { get; init; } = long.MaxValue;

    /// <summary>As <see cref="RateLimit"/>, of each connection. Default: no limit.</summary>
    public long ConnectionRateLimit { get; init; } = long.MaxValue;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Connections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionsPerAddress, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Handshakes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BytesPerConnection, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(RateLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionRateLimit, 1);
        if (!(AcceptRate > 0))
            throw new ArgumentOutOfRangeException(nameof(AcceptRate), AcceptRate, "a rate must be above zero");
        MinimumRate?.Validate();
        Check(FirstByteTimeout, nameof(FirstByteTimeout));
        Check(IdleTimeout, nameof(IdleTimeout));
        Check(TotalTimeout, nameof(TotalTimeout));
        Check(DrainTimeout, nameof(DrainTimeout));
        Check(LingerTimeout, nameof(LingerTimeout));
    }

    private static void Check(TimeSpan timeout, string name)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(name, timeout, "a timeout must not be negative");
    }
}
