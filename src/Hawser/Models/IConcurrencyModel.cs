using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>Decides when the next connection is accepted, which thread serves it, and how it waits.</summary>
/// <remarks>An instance serves one server, once.</remarks>
public interface IConcurrencyModel
{
    /// <summary>Runs a server on the model's own threads.</summary>
    /// <param name="life">Accepts until the stop, then waits until every connection has ended. May run on several
    /// threads at once; each then accepts for itself, with <see cref="ListenerSet.TryAccept"/>.</param>
    /// <returns>Completes as <paramref name="life"/> does, once no thread of the model runs any more.</returns>
    Task RunAsync(Func<Task> life);

    /// <summary>Waits for the next connection in the model's own way. Each <c>life</c> makes one call at a
    /// time.</summary>
    /// <param name="listeners">The source of connections.</param>
    /// <param name="stopping">Fires when the server stops.</param>
    /// <returns>A transport that is not open yet; it defines how the connection waits.</returns>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    /// <exception cref="SocketException">Accepting failed.</exception>
    ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping);

    /// <summary>Starts to serve a connection, and completes when the model can take another one: this is the admission
    /// policy.</summary>
    /// <param name="accepted">From <see cref="AcceptAsync"/>.</param>
    /// <param name="serve">Serves the connection to its end. Call it once, on the connection's thread: it starts with
    /// <see cref="Transport.Open"/>. Its task never faults.</param>
    /// <exception cref="OutOfMemoryException">No thread is left (<see cref="Thread.Start()"/>): the connection is
    /// closed, and the server backs off. Any other exception is reported and ends only this connection. Throw only if
    /// <paramref name="serve"/> was not called.</exception>
    ValueTask AdmitAsync(Transport accepted, Func<Task> serve);
}
