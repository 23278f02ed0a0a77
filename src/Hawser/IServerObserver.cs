using System.Net;
using Hawser.Limits;

namespace Hawser;

/// <summary>Receives the events of a server. Any thread of the server may call any method; calls must return quickly.
/// Exceptions are discarded. The default implementations do nothing.</summary>
public interface IServerObserver
{
    /// <summary>The server accepts connections at this address; with port 0 requested, it has the actual
    /// port.</summary>
    void Listening(EndPoint endPoint)
    {
    }

    /// <summary>A connection will be served on the calling thread.</summary>
    void Accepted(Connection connection)
    {
    }

    /// <summary>A connection was refused and reset before it was served. Called for each.</summary>
    void Refused(RefusalReason reason, EndPoint peer)
    {
    }

    /// <summary>A connection has ended; its counters are final.</summary>
    void Closed(Connection connection, CloseReason reason)
    {
    }

    /// <summary>A layer of <see cref="ServerOptions.Layers"/> ended the connection: a TLS handshake failed, a PROXY
    /// header was malformed. A peer that left during it is not reported.</summary>
    /// <param name="connection">The connection, which will be <see cref="Closed"/>.</param>
    /// <param name="why">What the layer threw.</param>
    void HandshakeFailed(Connection connection, ProtocolException why)
    {
    }

    /// <summary>A handler threw. The connection was aborted; the server continues.</summary>
    void Faulted(Connection connection, Exception fault)
    {
    }

    /// <summary>Code that belongs to no connection threw, such as a callback of the stopping token. The server
    /// continues.</summary>
    void Faulted(Exception fault)
    {
    }

    /// <summary>No descriptor, thread or memory is left for a new connection. Called once per episode.</summary>
    void Exhausted(string what)
    {
    }

    /// <summary>The episode that <see cref="Exhausted"/> reported is over: a connection was accepted, and none was shed
    /// in the second after it.</summary>
    /// <param name="shed">Connections accepted and closed at once during it.</param>
    void Recovered(long shed)
    {
    }

    /// <summary>Work on an event loop has held up its other connections for more than 50 ms. Called afterwards, on the
    /// loop's thread, while a listener has enabled <c>hawser.loop.stall.duration</c>.</summary>
    /// <param name="connection">The connection that the work was for; null if it has ended or was another
    /// server's.</param>
    /// <param name="time">How long it took, in steps of the system's clock of a few milliseconds.</param>
    void Stalled(Connection? connection, TimeSpan time)
    {
    }

    /// <summary>The server continues after a failure that an operator should know of, such as one of
    /// accept(2).</summary>
    void Warned(string what)
    {
    }

    /// <summary>The server has stopped.</summary>
    void Drained(DrainReport report)
    {
    }
}
