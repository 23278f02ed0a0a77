namespace Hawser.Telemetry;

/// <summary>What a server has counted since its start, for metrics and status. Thread-safe.</summary>
/// <param name="open">The connections that are served.</param>
internal sealed class ServerTally(IEnumerable<Connection> open)
{
    private readonly Lock _reading = new();
    private long _accepted;
    private long _queued;
    private long _received;
    private long _sent;
    private long _mostReceived;
    private long _mostSent;

    /// <summary>Connections that have passed the limits.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that wait in the model.</summary>
    public long Queued => Volatile.Read(ref _queued);

    /// <summary>Counts a connection that the model gets.</summary>
    public void Enter()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _queued);
    }

    /// <summary>Counts that it is served, or never will be.</summary>
    public void LeaveQueue() => Interlocked.Decrement(ref _queued);

    /// <summary>Adds the bytes of a connection that has left the open ones; before, it would count twice.</summary>
    public void AddEnded(Connection connection)
    {
        if (!connection.HasAllLayers)
            return;
        Interlocked.Add(ref _received, connection.BytesReceived);
        Interlocked.Add(ref _sent, connection.BytesSent);
    }

    /// <summary>The bytes of all connections; the sums never fall.</summary>
    public (long Received, long Sent) ReadBytes()
    {
        lock (_reading)
        {
            // The ended ones first: one that ends in between is missing this time, and none counts twice.
            long received = Volatile.Read(ref _received);
            long sent = Volatile.Read(ref _sent);
            foreach (Connection connection in open)
            {
                if (!connection.HasAllLayers)
                    continue;
                received += connection.BytesReceived;
                sent += connection.BytesSent;
            }
            _mostReceived = Math.Max(_mostReceived, received);
            _mostSent = Math.Max(_mostSent, sent);
            return (_mostReceived, _mostSent);
        }
    }
}
