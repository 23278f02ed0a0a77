using System.Net;

namespace Hawser;

/// <summary>Hears what happens in a server. Every method may be called from any of the server's threads, must return
/// quickly, and does nothing unless implemented. What a method throws is discarded.</summary>
public interface IServerObserver
{
    /// <summary>The server listens here and accepts; with port 0 asked for, this has the real port.</summary>
    void Listening(EndPoint endPoint)
    {
    }

    /// <summary>A connection is about to be served, on the calling thread.</summary>
    void Accepted(Connection connection)
    {
    }

    /// <summary>A connection has ended; its counters are final.</summary>
    void Closed(Connection connection, CloseReason reason)
    {
    }

    /// <summary>A handler threw. The connection was aborted; the server lives.</summary>
    void Faulted(Connection connection, Exception fault)
    {
    }

    /// <summary>Code of ours threw that belongs to no connection, such as a callback of the stopping token. The server
    /// lives.</summary>
    void Faulted(Exception fault)
    {
    }

    /// <summary>No descriptor, thread or memory was left for a new connection. Said once per episode.</summary>
    void Exhausted(string what)
    {
    }

    /// <summary>The episode that <see cref="Exhausted"/> began is over.</summary>
    /// <param name="shed">How many connections were accepted and closed at once during it.</param>
    void Recovered(long shed)
    {
    }

    /// <summary>The server has stopped.</summary>
    void Drained(DrainReport report)
    {
    }
}
