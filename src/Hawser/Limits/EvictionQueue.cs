namespace Hawser.Limits;

/// <summary>Connections that wait for their peers, such as in a handshake, oldest first. Over the limit the oldest gives
/// up its place: a client that acts at once is served, however many others keep theirs. Thread-safe.</summary>
/// <remarks>The services compile this file too, for the program's HTTP server.</remarks>
internal sealed class EvictionQueue(int limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Connection> _queue = [];
    private int _most;

    /// <summary>Adds a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="evicted">The oldest connection if the limit is exceeded: the caller ends it.</param>
    /// <returns>To <see cref="Leave"/> with.</returns>
    public LinkedListNode<Connection> Enter(Connection connection, out Connection? evicted)
    {
        lock (_gate)
        {
            evicted = null;
            if (_queue.Count >= limit)
            {
                evicted = _queue.First!.Value;
                _queue.RemoveFirst();
            }
            _most = Math.Max(_most, _queue.Count + 1);
            return _queue.AddLast(connection);
        }
    }

    /// <summary>Removes a connection that no longer waits, if it was not evicted.</summary>
    public void Leave(LinkedListNode<Connection> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
                _queue.Remove(place);
        }
    }

    /// <summary>The connections in it, now and at most so far.</summary>
    public (int Current, int Maximum) Read()
    {
        lock (_gate)
            return (_queue.Count, _most);
    }
}
