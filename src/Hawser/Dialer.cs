using System.Net;
using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser;

/// <summary>Connects clients.</summary>
public static class Dialer
{
    /// <summary>How long a connection may take unless told otherwise: 10 s.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Connects to an address, or to the first address of a name that answers.</summary>
    /// <param name="target">An <see cref="IPEndPoint"/>, a <see cref="UnixDomainSocketEndPoint"/> or a
    /// <see cref="DnsEndPoint"/>.</param>
    /// <param name="timeout">For all of it, the look-up of the name included.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ConnectException">Nobody answers there; the message says how that showed.</exception>
    public static async Task<Connection> ConnectAsync(EndPoint target, TimeSpan timeout, CancellationToken cancel = default)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        giveUp.CancelAfter(timeout);
        try
        {
            Socket socket = await ConnectToAnyAsync(target, giveUp.Token);
            return new Connection(id: 0, new CompletionTransport(socket), long.MaxValue);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ConnectException(
                $"no answer from {Name(target)} within {timeout.TotalSeconds:0.###} s; check the address and the way there", e);
        }
        catch (SocketException e)
        {
            throw new ConnectException(Explain(target, e), e);
        }
    }

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
        ProtocolType protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
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
