using System.Collections.Concurrent;

namespace Hawser.Services.Clock.Server;

/// <summary>Watches the leases of all clients of a server with one timer. Aborts a client that is silent for longer
/// than its lease or stays longer than announced.</summary>
internal sealed class ClockLeases : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ClockLease, Connection> _leases = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public ClockLeases(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static leases => ((ClockLeases)leases!).Look(), this, Period, Period);
    }

    /// <summary>Watches a connection until the lease is disposed.</summary>
    /// <param name="connection">The connection to abort when the lease expires.</param>
    /// <param name="silence">The limit on the client's silence.</param>
    /// <param name="stay">The limit on its stay.</param>
    public ClockLease Grant(Connection connection, TimeSpan silence, TimeSpan stay)
    {
        var lease = new ClockLease(_time, silence, stay, forget => _leases.TryRemove(forget, out _));
        _leases[lease] = connection;
        return lease;
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach ((ClockLease lease, Connection connection) in _leases)
        {
            if (lease.HasRunOut)
                connection.Abort(CloseReason.IdleTimeout);
        }
    }
}
