using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>Decides whose turn it is: when the next connection is taken, which thread serves it, and how it
/// waits.</summary>
/// <remarks>An instance serves one server, once.</remarks>
public interface IConcurrencyModel
{
    /// <summary>Runs the life of a server on the model's own threads.</summary>
    /// <param name="life">Accepts until the stop, then waits until every connection has ended. May be run on several
    /// threads at once, each of which then accepts for itself, with <see cref="ListenerSet.TryAccept"/>.</param>
    /// <returns>Completes, as <paramref name="life"/> did, when that is over and no thread of the
    /// model runs any more.</returns>
    Task RunAsync(Func<Task> life);

    /// <summary>Waits for the next connection, as the model waits. Called inside <c>life</c>, by each one call at a
    /// time.</summary>
    /// <param name="listeners">Where connections come from.</param>
    /// <param name="stopping">Fires when the server stops.</param>
    /// <returns>How the connection's calls will wait; not open yet.</returns>
    /// <exception cref="OperationCanceledException">The stop came first.</exception>
    /// <exception cref="SocketException">Accepting failed.</exception>
    ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping);

    /// <summary>Starts serving a connection, and completes when the model will take another one: this is the whole
    /// admission policy.</summary>
    /// <param name="accepted">From <see cref="AcceptAsync"/>.</param>
    /// <param name="serve">Serves it to its end. Call it once, on the thread the connection belongs to: it begins with
    /// <see cref="Transport.Open"/>. Its task never faults.</param>
    /// <exception cref="OutOfMemoryException">There is no thread for it (<see cref="Thread.Start()"/>): it is closed, and
    /// the server backs off. Any other exception is reported, and ends this connection only. Throw only if
    /// <paramref name="serve"/> was not called.</exception>
    ValueTask AdmitAsync(Transport accepted, Func<Task> serve);
}
