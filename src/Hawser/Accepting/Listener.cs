using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Hawser.Native;

namespace Hawser.Accepting;

/// <summary>One listening socket.</summary>
internal sealed class Listener : IDisposable
{
    // The most unsent bytes that the kernel accepts per connection (tcp(7)). Without it, a peer that does not read pins
    // megabytes of system memory. Bytes in flight do not count.
    private const int MostUnsentBytes = 256 * 1024;

    private const int IPPROTO_TCP = 6;
    private const int TCP_NOTSENT_LOWAT = 25;
    private const int TCP_INFO = 11;

    // tcpi_unacked of struct tcp_info; of a listening socket, its queue.
    private const int WaitingOffset = 24;

    private readonly SocketFile? _file;

    private Listener(Socket socket, SocketFile? file)
    {
        _file = file;
        Socket = socket;
        EndPoint = socket.LocalEndPoint!;
    }

    public Socket Socket { get; }

    /// <summary>The bound address, with the actual port.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Another process has or gets the same socket, so this one neither shuts it down nor unlinks its
    /// path.</summary>
    public bool IsShared { get; set; }

    /// <summary>The socket came from elsewhere.</summary>
    public bool IsAdopted { get; private init; }

    /// <summary>Takes a socket that listens already.</summary>
    /// <exception cref="ListenException">It does not.</exception>
    public static Listener Adopt(Socket socket)
    {
        if (socket.SocketType != SocketType.Stream
            || (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! == 0)
        {
            throw new ListenException(
                $"the socket at {socket.LocalEndPoint} does not listen; pass a listening stream socket",
                new SocketException((int)SocketError.InvalidArgument));
        }
        if (socket.AddressFamily != AddressFamily.Unix)
            Prepare(socket);
        socket.Blocking = Platform.IsLinux;
        return new Listener(socket, null) { IsShared = true, IsAdopted = true };
    }

    /// <param name="endPoint">Where to listen.</param>
    /// <param name="backlog">Connections that the kernel may hold.</param>
    /// <param name="configure">Configures the socket before it is bound.</param>
    /// <param name="mode">The permissions of the file of a Unix domain socket; null: as the umask says.</param>
    /// <exception cref="ListenException">The address is not available.</exception>
    public static Listener Open(
        EndPoint endPoint, int backlog, Action<Socket>? configure = null, UnixFileMode? mode = null)
    {
        Socket? socket = null;
        SocketFile? file = null;
        try
        {
            socket = Create(endPoint);
            configure?.Invoke(socket);
            // Not ReuseAddress: on Linux it includes SO_REUSEPORT, and two servers would share the port unnoticed. Bind
            // sets SO_REUSEADDR on Unix, so that a restart gets its old port at once.
            if (endPoint is UnixDomainSocketEndPoint local && OperatingSystem.IsLinux())
            {
                file = SocketFile.Listen(socket, local, backlog, mode);
            }
            else
            {
                socket.Bind(endPoint);
                socket.Listen(backlog);
            }
            // On Linux a pending connection stays, and accepted sockets would inherit non-blocking mode. Elsewhere a
            // pending connection may leave before it is accepted.
            socket.Blocking = Platform.IsLinux;
            return new Listener(socket, file);
        }
        catch (SocketException e)
        {
            Close(socket, file);
            throw new ListenException(Explain(endPoint, e), e);
        }
        catch
        {
            Close(socket, file);
            throw;
        }
    }

    /// <summary>A connection is pending. Asking first is far cheaper than the exception of an accept that would
    /// block.</summary>
    public bool HasWaiting => Socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Connections in the kernel's queue; null where they cannot be counted: Unix domain sockets, and systems
    /// other than Linux.</summary>
    public int? CountWaiting()
    {
        if (!Platform.IsLinux || EndPoint is not IPEndPoint)
            return null;
        try
        {
            Span<byte> state = stackalloc byte[WaitingOffset + sizeof(int)];
            int length = Socket.GetRawSocketOption(IPPROTO_TCP, TCP_INFO, state);
            return length == state.Length ? BitConverter.ToInt32(state[WaitingOffset..]) : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Accepts a pending connection, if it is still there.</summary>
    public bool TryAccept([NotNullWhen(true)] out Socket? accepted)
    {
        accepted = null;
        try
        {
            accepted = Socket.Accept();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            // It left before it was accepted.
            return false;
        }
    }

    /// <summary>Stops listening and unlinks the path of a Unix domain socket; of a shared socket, only closes the
    /// descriptor.</summary>
    /// <remarks>.NET shuts a socket down if a call on it is under way; a shared one must have none.</remarks>
    public void Dispose() => Close(Socket, IsShared ? null : _file);

    private static void Close(Socket? socket, SocketFile? file)
    {
        if (OperatingSystem.IsLinux())
            file?.Remove();
        socket?.Dispose();
    }

    private static Socket Create(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Prepare(socket);
        if (endPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip)
            socket.DualMode = ip.Address.Equals(IPAddress.IPv6Any);
        return socket;
    }

    private static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        if (Platform.IsLinux)
            BoundUnsent(socket);
    }

    private static string Explain(EndPoint endPoint, SocketException cause) => (endPoint, cause.SocketErrorCode) switch
    {
        (IPEndPoint ip, SocketError.AddressAlreadyInUse) =>
            $"port {ip.Port} is already in use; stop the other program or choose another port",
        (UnixDomainSocketEndPoint, SocketError.AddressNotAvailable) =>
            $"cannot create the socket {endPoint}: no such directory",
        (_, SocketError.AddressAlreadyInUse) =>
            $"{endPoint} is already in use; stop the other server or choose another path",
        (IPEndPoint ip, SocketError.AccessDenied) =>
            $"no permission to listen on port {ip.Port}; choose one above 1023",
        (IPEndPoint ip, SocketError.AddressNotAvailable) =>
            $"{ip.Address} is not an address of this machine; use a local address, or 0.0.0.0 for all",
        _ => $"cannot listen on {endPoint}: {cause.Message}",
    };

    private static void BoundUnsent(Socket socket)
    {
        try
        {
            socket.SetRawSocketOption(IPPROTO_TCP, TCP_NOTSENT_LOWAT, BitConverter.GetBytes(MostUnsentBytes));
        }
        catch (SocketException)
        {
            // A sandbox may lack the option.
        }
    }
}
