using System.Net;
using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser;

/// <summary>Connects clients.</summary>
public static class Dialer
{
    /// <summary>How long a connection may take unless told otherwise: 8 s, room for four attempts of TCP (after 0, 1, 3
    /// and 7 s).</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Connects to an address, or to the first address of a name that answers.</summary>
    /// <param name="target">An <see cref="IPEndPoint"/>, a <see cref="UnixDomainSocketEndPoint"/> or a
    /// <see cref="DnsEndPoint"/>.</param>
    /// <param name="timeout">For all of it, the look-up of the name included.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ConnectException">Nobody answers there; the message says how that showed.</exception>
    public static async Task<Connection> ConnectAsync(
        EndPoint target, TimeSpan timeout, CancellationToken cancel = default)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        giveUp.CancelAfter(timeout);
        try
        {
            return Open(new CompletionTransport(await ConnectToAnyAsync(target, giveUp.Token)));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw NoAnswer(target, timeout, e);
        }
        catch (SocketException e)
        {
            throw new ConnectException(Explain(target, e), e);
        }
    }

    /// <summary>Connects, blocking the calling thread, and gives a connection whose calls block: for clients that do
    /// one thing after the other.</summary>
    /// <param name="target">As for <see cref="ConnectAsync"/>.</param>
    /// <param name="timeout">For all of it.</param>
    /// <exception cref="ConnectException">Nobody answers there; the message says how that showed.</exception>
    public static Connection Connect(EndPoint target, TimeSpan timeout) =>
        Open(new BlockingTransport(ConnectSocket(target, timeout)));

    private static Connection Open(Transport transport)
    {
        try
        {
            transport.Open();
            return new Connection(id: 0, transport, ConnectionScope.Client);
        }
        catch
        {
            transport.Close();
            throw;
        }
    }

    /// <summary>Connects, blocking the calling thread; the socket has seen no asynchronous call.</summary>
    internal static Socket ConnectSocket(EndPoint target, TimeSpan timeout)
    {
        Socket? socket = null;
        bool late = false;
        // Disposing is what ends a connect that blocks.
        using var timer = new Timer(_ =>
        {
            late = true;
            socket?.Dispose();
        }, null, timeout, Timeout.InfiniteTimeSpan);
        SocketException? last = null;
        try
        {
            foreach (EndPoint endPoint in Resolve(target, timeout))
            {
                socket = Create(endPoint);
                try
                {
                    // The timer may have looked before there was a socket.
                    ObjectDisposedException.ThrowIf(Volatile.Read(ref late), socket);
                    socket.Connect(endPoint);
                    return socket;
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    socket.Dispose();
                    if (late)
                        throw NoAnswer(target, timeout, e);
                    last = e as SocketException;
                }
            }
        }
        catch (SocketException e)
        {
            last = e;
        }
        catch (TimeoutException e)
        {
            throw NoAnswer(target, timeout, e);
        }
        last ??= new SocketException((int)SocketError.HostNotFound);
        throw new ConnectException(Explain(target, last), last);
    }

    /// <exception cref="TimeoutException">The look-up took longer; the system goes on with it, nobody
    /// waits.</exception>
    private static IEnumerable<EndPoint> Resolve(EndPoint target, TimeSpan timeout) =>
        target is DnsEndPoint name
            ? Dns.GetHostAddressesAsync(name.Host).WaitAsync(timeout).GetAwaiter().GetResult()
                .Select(address => new IPEndPoint(address, name.Port))
            : [target];

    private static async Task<Socket> ConnectToAnyAsync(EndPoint target, CancellationToken giveUp)
    {
        if (target is not DnsEndPoint name)
            return await ConnectToAsync(target, giveUp);

        SocketException? last = null;
        foreach (IPAddress address in await Dns.GetHostAddressesAsync(name.Host, giveUp))
        {
            try
            {
                return await ConnectToAsync(new IPEndPoint(address, name.Port), giveUp);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<Socket> ConnectToAsync(EndPoint endPoint, CancellationToken giveUp)
    {
        Socket socket = Create(endPoint);
        try
        {
            await socket.ConnectAsync(endPoint, giveUp);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Create(EndPoint endPoint) => endPoint is UnixDomainSocketEndPoint
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private static ConnectException NoAnswer(EndPoint target, TimeSpan timeout, Exception cause) =>
        new($"no answer from {Name(target)} within {timeout.TotalSeconds:0.###} s; check the address and the way there",
            cause);

    private static string Explain(EndPoint target, SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"{Name(target)} refused the connection; is the server running there?",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            $"there is no host {Name(target)}; check the name",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
            $"there is no way to {Name(target)}; check the address",
        _ => $"cannot connect to {Name(target)}: {e.Message}",
    };

    private static string Name(EndPoint target) =>
        target is DnsEndPoint name ? $"{name.Host}:{name.Port}" : target.ToString()!;
}
