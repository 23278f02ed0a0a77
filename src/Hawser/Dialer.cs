using System.Net;
using System.Net.Sockets;
using Hawser.Connections;
using Hawser.Dialing;
using Hawser.EventLoops;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser;

/// <summary>Connects clients.</summary>
public static class Dialer
{
    /// <summary>8 s: room for four SYNs of TCP (after 0, 1, 3 and 7 s).</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(8);

    /// <summary>As <see cref="ConnectAsync(EndPoint, DialOptions, CancellationToken)"/>, with this timeout and default
    /// options.</summary>
    public static Task<Connection> ConnectAsync(
        EndPoint target, TimeSpan timeout, CancellationToken cancel = default) =>
        ConnectAsync(target, new DialOptions { Timeout = timeout }, cancel);

    /// <summary>Connects to an address, or to the first address of a name that answers.</summary>
    /// <remarks>The addresses of a name alternate between IPv6 and IPv4. An attempt without a result after 250 ms
    /// continues beside the next one; if the newest attempt fails, the next one starts at once. The first to connect
    /// wins, and the others are closed (Happy Eyeballs, RFC 8305). If a layer throws, the socket is closed and the
    /// exception reaches the caller.</remarks>
    /// <param name="target">An <see cref="IPEndPoint"/>, a <see cref="UnixDomainSocketEndPoint"/> or a
    /// <see cref="DnsEndPoint"/>.</param>
    /// <param name="options">The timeout, the layers, and the settings of the sockets.</param>
    /// <param name="cancel">Gives up and closes all sockets.</param>
    /// <exception cref="ConnectException">No address answered; the message gives the most useful error: a refusal
    /// rather than an unreachable address.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> fired.</exception>
    public static async Task<Connection> ConnectAsync(
        EndPoint target, DialOptions options, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        options.Validate();
        Deadline deadline = Deadline.After(options.Timeout);
        try
        {
            using var attempts = new ConnectAttempts(
                target is DnsEndPoint name
                    ? EndPoints(name, await ResolveAsync(name, options, deadline, cancel))
                    : [target],
                options);
            Socket socket = await ConnectRace.RunAsync(attempts, deadline, cancel);
            return await OpenAsync(new CompletionTransport(socket), options, deadline, cancel);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            throw Failure(target, options, e);
        }
    }

    /// <summary>As <see cref="Connect(EndPoint, DialOptions, CancellationToken)"/>, with this timeout and default
    /// options.</summary>
    public static Connection Connect(EndPoint target, TimeSpan timeout) =>
        Connect(target, new DialOptions { Timeout = timeout });

    /// <summary>Connects and returns a connection whose calls block, as this call does: for clients that do one thing
    /// at a time.</summary>
    /// <inheritdoc cref="ConnectAsync(EndPoint, DialOptions, CancellationToken)"/>
    public static Connection Connect(EndPoint target, DialOptions options, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        options.Validate();
        Deadline deadline = Deadline.After(options.Timeout);
        Socket socket = ConnectSocket(target, options, cancel);
        try
        {
            var transport = new BlockingTransport(socket);
            Connection? connection = null;
            ModelThread.Run(
                async () => connection = await OpenAsync(transport, options, deadline, cancel));
            return connection!;
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            socket.Dispose();
            throw Failure(target, options, e);
        }
    }

    /// <summary>Connects, blocking the calling thread. The socket blocks and has seen no asynchronous call.</summary>
    internal static Socket ConnectSocket(EndPoint target, DialOptions options, CancellationToken cancel = default)
    {
        Deadline deadline = Deadline.After(options.Timeout);
        try
        {
            using var attempts = new ConnectAttempts(
                target is DnsEndPoint name
                    ? EndPoints(name, ResolveAsync(name, options, deadline, cancel).GetAwaiter().GetResult())
                    : [target],
                options);
            return ConnectRace.Run(attempts, deadline, cancel);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            throw Failure(target, options, e);
        }
    }

    /// <summary>Connects to one address, on the thread of a loop and without blocking it. The socket does not block and
    /// has seen no asynchronous call.</summary>
    internal static async Task<Socket> ConnectSocketAsync(EndPoint target, DialOptions options, EventLoop loop)
    {
        options.Validate();
        try
        {
            using var attempts = new ConnectAttempts([target], options);
            return await ConnectRace.RunAsync(attempts, loop, Deadline.After(options.Timeout));
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            throw Failure(target, options, e);
        }
    }

    /// <summary>Opens a transport, wraps it in a connection and adds the layers.</summary>
    /// <exception cref="TimeoutException">The layers took too long.</exception>
    internal static async Task<Connection> OpenAsync(
        Transport transport, DialOptions options, Deadline deadline, CancellationToken cancel)
    {
        Connection? connection = null;
        try
        {
            transport.Open();
            connection = new Connection(id: 0, transport, ConnectionScope.Client);
            if (options.Layers.Count > 0)
                await AddLayersAsync(connection, options.Layers, deadline, cancel);
            return connection;
        }
        catch
        {
            transport.Close();
            connection?.Dispose();
            throw;
        }
    }

    private static async Task AddLayersAsync(
        Connection connection, IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> layers,
        Deadline deadline, CancellationToken cancel)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        giveUp.CancelAfter(deadline.RemainingForTimer);
        using CancellationTokenRegistration abort = giveUp.Token.UnsafeRegister(
            static connection => ((Connection)connection!).Abort(), connection);
        try
        {
            await connection.AddLayersAsync(layers).AsTask().WaitAsync(giveUp.Token);
        }
        catch (Exception e) when (giveUp.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw new TimeoutException("layer handshake timed out", e);
        }
    }

    /// <exception cref="TimeoutException">Name resolution took too long; the system continues it in the
    /// background.</exception>
    private static Task<IPAddress[]> ResolveAsync(
        DnsEndPoint name, DialOptions options, Deadline deadline, CancellationToken cancel) =>
        options.Resolve(name.Host, cancel).WaitAsync(deadline.RemainingForTimer, cancel);

    private static IPEndPoint[] EndPoints(DnsEndPoint name, IPAddress[] resolved) =>
        [.. AddressOrder.Interleave(resolved).Select(address => new IPEndPoint(address, name.Port))];

    private static ConnectException Failure(EndPoint target, DialOptions options, Exception e) =>
        e is SocketException error
            ? new ConnectException(Explain(target, error), error)
            : NoAnswer(target, options.Timeout, e);

    private static ConnectException NoAnswer(EndPoint target, TimeSpan timeout, Exception cause) =>
        new($"no answer from {Name(target)} within {timeout.TotalSeconds:0.###} s", cause);

    private static string Explain(EndPoint target, SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"{Name(target)} refused the connection; is the server running there?",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            $"cannot resolve '{(target as DnsEndPoint)?.Host ?? Name(target)}'",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
            $"no route to {Name(target)}",
        SocketError.AddressNotAvailable when target is UnixDomainSocketEndPoint =>
            $"no socket at {target}; is the server running there?",
        // It connected, and the reset came before the first call.
        SocketError.ConnectionReset => ConnectionClosedException.Describe(CloseReason.PeerReset),
        _ => $"cannot connect to {Name(target)}: {e.Message}",
    };

    private static string Name(EndPoint target) =>
        target is DnsEndPoint name ? $"{name.Host}:{name.Port}" : target.ToString()!;
}
