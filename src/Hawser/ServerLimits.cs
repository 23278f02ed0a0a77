namespace Hawser;

/// <summary>The limits of one server. They hold under every model.</summary>
/// <remarks><see cref="Timeout.InfiniteTimeSpan"/> disables a timeout.</remarks>
public sealed record ServerLimits
{
    /// <summary>Connections at once. At the limit the server stops accepting, and connections wait in the backlog.
    /// Default 10,000.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>How long a handler may wait until the first byte moves, in either direction. Default 60 s.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a handler may wait for its peer while no byte moves in either direction. The handler's own
    /// time does not count. Default 5 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long conversations in progress may continue after a stop. Default 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a closing connection waits for the peer to finish, so that a reset does not destroy the last
    /// bytes. Default 2 s.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes received per connection. Default: no limit.</summary>
    public long BytesPerConnection { get; init; } = long.MaxValue;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Connections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BytesPerConnection, 1);
        Check(FirstByteTimeout, nameof(FirstByteTimeout));
        Check(IdleTimeout, nameof(IdleTimeout));
        Check(DrainTimeout, nameof(DrainTimeout));
        Check(LingerTimeout, nameof(LingerTimeout));
    }

    private static void Check(TimeSpan timeout, string name)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(name, timeout, "a timeout must not be negative");
    }
}
