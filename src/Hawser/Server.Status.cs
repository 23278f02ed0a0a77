using Hawser.Limits;

namespace Hawser;

/// <content>What an operator sees and changes while the server runs.</content>
public sealed partial class Server
{
    private readonly Lock _changing = new();
    private volatile ServerLimits _limits;

    /// <summary>Connections being served or waiting for it.</summary>
    public int Connections => Volatile.Read(ref _admitted);

    /// <summary>A connection waits in the kernel although the server has a place for it. If it stays so, the server does
    /// not accept.</summary>
    public bool HasPending => _listeners.HasPending;

    /// <summary>The limits in force.</summary>
    public ServerLimits Limits => _limits;

    /// <summary>How much of each limit is in use. For reports: it looks at every connection.</summary>
    public IReadOnlyList<LimitUse> ReadLimits() =>
        _meter.Read(_limits, Connections, _connections.Select(served => served.Value));

    /// <summary>The counts since the start. For reports: it looks at every connection. Thread-safe.</summary>
    public ServerCounts ReadCounts()
    {
        (long received, long sent) = _tally.ReadBytes();
        return new ServerCounts(_tally.Queued, _tally.Accepted, received, sent);
    }

    /// <summary>The connections that are being served, in no order. Those that wait in the model for a thread are not
    /// among them. For reports: it looks at every connection, and delays none. Thread-safe.</summary>
    public IReadOnlyList<ConnectionSnapshot> ReadConnections() =>
        // Not Values: that would keep connections from being added meanwhile.
        [.. _connections.Select(served => served.Value.TakeSnapshot())];

    /// <summary>Resets a connection, as <see cref="Connection.Abort()"/> does. Thread-safe.</summary>
    /// <returns>False if no connection with this <see cref="Connection.Id"/> is being served.</returns>
    public bool TryAbortConnection(long id)
    {
        if (!_connections.TryGetValue(id, out Connection? connection))
            return false;
        _scope.Guard(connection.Abort);
        return true;
    }

    /// <summary>Changes limits of the running server. Thread-safe.</summary>
    /// <remarks>
    /// These can change: <see cref="ServerLimits.Connections"/>, the timeouts,
    /// <see cref="ServerLimits.BytesPerConnection"/>, and <see cref="ServerLimits.ConnectionsPerAddress"/> unless it is
    /// unlimited, since connections are counted only under a limit. The change applies to open connections too, and
    /// ends those over a timeout. A lower number of connections ends none: the server accepts when it has fallen below
    /// it. A drain in progress keeps its timeout.
    /// </remarks>
    /// <param name="change">Gets the limits in force and returns the new ones. Nothing changes if it throws.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is invalid.</exception>
    /// <exception cref="NotSupportedException">Another limit differs.</exception>
    public void ChangeLimits(Func<ServerLimits, ServerLimits> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_changing)
        {
            ServerLimits old = _limits;
            ServerLimits limits = change(old);
            ArgumentNullException.ThrowIfNull(limits, nameof(change));
            limits.Validate();
            if (limits != Fixed(old, limits))
            {
                throw new NotSupportedException("while a server runs, only its connections, timeouts, bytes per "
                    + "connection and limited connections per address can change");
            }
            _limits = limits;
            _scope.ByteLimit = limits.BytesPerConnection;
            _gate?.Change(limits);
            _heartbeat.Change(limits);
            _listeners.AddPlaces(limits.Connections - old.Connections);
        }
    }

    /// <summary>The old limits with what can change of the new ones.</summary>
    private static ServerLimits Fixed(ServerLimits old, ServerLimits limits) => old with
    {
        Connections = limits.Connections,
        ConnectionsPerAddress = old.ConnectionsPerAddress < int.MaxValue
            ? limits.ConnectionsPerAddress
            : old.ConnectionsPerAddress,
        FirstByteTimeout = limits.FirstByteTimeout,
        IdleTimeout = limits.IdleTimeout,
        TotalTimeout = limits.TotalTimeout,
        DrainTimeout = limits.DrainTimeout,
        LingerTimeout = limits.LingerTimeout,
        BytesPerConnection = limits.BytesPerConnection,
    };
}
