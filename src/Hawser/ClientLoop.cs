using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Transports;

namespace Hawser;

/// <summary>One thread for any number of clients: their connections wait by readiness, and a
/// <see cref="Deadline"/> of a read is kept to tens of microseconds.</summary>
/// <remarks>What runs here runs on one thread, so that clients need no locks among themselves; whatever computes or
/// blocks stalls all of them. An <c>await</c> of something foreign comes back to this thread.</remarks>
public sealed class ClientLoop : IAsyncDisposable
{
    private readonly EventLoop _loop;

    private ClientLoop(string threadName) => _loop = new EventLoop(threadName, Pollers.Best());

    /// <summary>Starts the thread.</summary>
    public static ClientLoop Start(string threadName)
    {
        var clients = new ClientLoop(threadName);
        clients._loop.Start();
        return clients;
    }

    /// <summary>Runs an asynchronous method on the loop's thread, from start to end. From any thread.</summary>
    /// <returns>Completes as the method did.</returns>
    public Task RunAsync(Func<Task> body) => _loop.RunAsync(body);

    /// <summary>Connects without holding up the loop, and gives a connection to be used on the loop's thread.</summary>
    /// <param name="target">As for <see cref="Dialer"/>.</param>
    /// <param name="timeout">For all of it.</param>
    /// <exception cref="ConnectException">Nobody answers there; the message says how that showed.</exception>
    public Task<Connection> ConnectAsync(EndPoint target, TimeSpan timeout) =>
        ConnectAsync(target, new DialOptions { Timeout = timeout });

    /// <summary>Connects without holding up the loop, and gives a connection to be used on the loop's thread.</summary>
    /// <param name="target">As for <see cref="Dialer"/>.</param>
    /// <param name="options">The timeout, the layers, and what to do with a socket before it connects.</param>
    /// <exception cref="ConnectException">Nobody answers there; the message says how that showed.</exception>
    public async Task<Connection> ConnectAsync(EndPoint target, DialOptions options)
    {
        Deadline deadline = Deadline.After(options.Timeout);
        // Blocking, on another thread: after one asynchronous call .NET itself would watch the socket for ever.
        Socket socket = await Task.Run(() => Dialer.ConnectSocket(target, options));
        Connection? connection = null;
        await RunAsync(async () => connection = await AdoptAsync(target, socket, options, deadline));
        return connection!;
    }

    /// <summary>Ends the thread, and resets the connections that still live there.</summary>
    public async ValueTask DisposeAsync()
    {
        _loop.End();
        await _loop.Ended;
    }

    private async Task<Connection> AdoptAsync(EndPoint target, Socket socket, DialOptions options, Deadline deadline)
    {
        try
        {
            return await Dialer.OpenAsync(new EventLoopTransport(_loop, socket), options, deadline, default);
        }
        catch (TimeoutException e)
        {
            throw new ConnectException($"no answer from {target} within {options.Timeout.TotalSeconds:0.###} s", e);
        }
        catch (Exception e) when (Connection.IsBroken(e))
        {
            throw new ConnectException($"{target} closed the connection at once: {e.Message}", e);
        }
    }
}
