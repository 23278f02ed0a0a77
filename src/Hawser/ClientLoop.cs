using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Transports;

namespace Hawser;

/// <summary>One event-loop thread for any number of client connections. Read deadlines are kept to tens of
/// microseconds.</summary>
/// <remarks>Clients on the loop need no locks among themselves. Code that computes or blocks stalls all of them. An
/// <c>await</c> of anything else returns to this thread.</remarks>
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

    /// <summary>Runs an asynchronous method on the loop's thread. Thread-safe.</summary>
    /// <returns>Completes as <paramref name="body"/> does.</returns>
    public Task RunAsync(Func<Task> body) => _loop.RunAsync(body);

    /// <summary>Connects and returns a connection for use on the loop's thread. Nothing blocks the loop: an address
    /// connects on it by readiness, and a name on another thread.</summary>
    /// <param name="target">As for <see cref="Dialer"/>.</param>
    /// <param name="timeout">Bounds the whole call.</param>
    /// <exception cref="ConnectException">No address answered; the message says why.</exception>
    public Task<Connection> ConnectAsync(EndPoint target, TimeSpan timeout) =>
        ConnectAsync(target, new DialOptions { Timeout = timeout });

    /// <inheritdoc cref="ConnectAsync(EndPoint, TimeSpan)"/>
    /// <param name="target">As for <see cref="Dialer"/>.</param>
    /// <param name="options">The timeout, the layers, and the settings of the socket.</param>
    public async Task<Connection> ConnectAsync(EndPoint target, DialOptions options)
    {
        Deadline deadline = Deadline.After(options.Timeout);
        // The addresses of a name race, and on Windows readiness does not report a failed connect. Blocking, because
        // after one asynchronous call .NET's poller would watch the socket forever.
        Socket? socket = target is DnsEndPoint || OperatingSystem.IsWindows()
            ? await Task.Run(() => Dialer.ConnectSocket(target, options))
            : null;
        Connection? connection = null;
        await RunAsync(async () => connection = await AdoptAsync(
            target, socket ?? await Dialer.ConnectSocketAsync(target, options, _loop), options, deadline));
        return connection!;
    }

    /// <summary>Ends the thread and resets the connections on the loop.</summary>
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
            throw new ConnectException($"{target} closed the connection during setup: {e.Message}", e);
        }
    }
}
