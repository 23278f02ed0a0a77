using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Hawser.Native;

namespace Hawser;

/// <summary>One listening socket.</summary>
internal sealed class Listener : IDisposable
{
    // Bytes of a connection that the kernel takes and cannot send yet (tcp(7)). Without it a peer that does not read
    // pins megabytes of the system's memory; those on their way to a peer that reads do not count.
    private const int MostUnsentBytes = 256 * 1024;

    private const int IPPROTO_TCP = 6;
    private const int TCP_NOTSENT_LOWAT = 25;

    private readonly SocketFile? _file;

    private Listener(Socket socket, SocketFile? file)
    {
        _file = file;
        Socket = socket;
        EndPoint = socket.LocalEndPoint!;
    }

    public Socket Socket { get; }

    /// <summary>The address it really has.</summary>
    public EndPoint EndPoint { get; }

    /// <exception cref="ListenException">The address cannot be had.</exception>
    public static Listener Open(EndPoint endPoint, int backlog, Action<Socket>? configure = null)
    {
        Socket? socket = null;
        SocketFile? file = null;
        try
        {
            socket = Create(endPoint);
            configure?.Invoke(socket);
            // Never ReuseAddress: on Linux that is SO_REUSEPORT too, and two servers would share the port unnoticed.
            // Bind alone sets SO_REUSEADDR on Unix, so that a restart gets its old port at once.
            if (endPoint is UnixDomainSocketEndPoint local && OperatingSystem.IsLinux())
                file = SocketFile.Bind(socket, local);
            else
                socket.Bind(endPoint);
            socket.Listen(backlog);
            // On Linux a connection that is there stays, and what is accepted would inherit it. Elsewhere one may leave
            // between the question and the accept.
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

    /// <summary>A connection waits. Asking first is far cheaper than the exception of an accept that would have to
    /// wait.</summary>
    public bool HasWaiting => Socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Takes one connection of this process's own, so that the first of a burst does not wait for methods to
    /// be compiled. Harmless where it fails.</summary>
    public static void WarmUp()
    {
        try
        {
            using Listener listener = Open(new IPEndPoint(IPAddress.Loopback, 0), backlog: 1);
            using Socket client = Create(listener.EndPoint);
            client.Connect(listener.EndPoint);
            if (!listener.HasWaiting)
                return;
            listener.TryAccept(out Socket? accepted);
            accepted?.Dispose();
        }
        catch (Exception e) when (e is SocketException or ListenException)
        {
            // No descriptors, or no loopback interface: the first connection will be slower.
        }
    }

    /// <summary>Takes a connection that waits, if it is still there.</summary>
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
            // It was there, and left before it was taken.
            return false;
        }
    }

    /// <summary>Stops listening, and removes the file of a Unix domain socket.</summary>
    public void Dispose() => Close(Socket, _file);

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
        socket.NoDelay = true;
        if (Platform.IsLinux)
            BoundUnsent(socket);
        if (endPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip)
            socket.DualMode = ip.Address.Equals(IPAddress.IPv6Any);
        return socket;
    }

    private static string Explain(EndPoint endPoint, SocketException cause) => (endPoint, cause.SocketErrorCode) switch
    {
        (IPEndPoint ip, SocketError.AddressAlreadyInUse) =>
            $"port {ip.Port} is taken; stop the program that listens there or choose another port",
        (UnixDomainSocketEndPoint, SocketError.AddressNotAvailable) =>
            $"cannot make a socket at {endPoint}: there is no such folder",
        (_, SocketError.AddressAlreadyInUse) =>
            $"{endPoint} is taken; stop the server that listens there or choose another path",
        (IPEndPoint ip, SocketError.AccessDenied) =>
            $"port {ip.Port} is not allowed; choose one above 1023",
        (IPEndPoint ip, SocketError.AddressNotAvailable) =>
            $"{ip.Address} is not an address of this machine; use one that is, or 0.0.0.0 for all",
        _ => $"cannot listen at {endPoint}: {cause.Message}",
    };

    private static void BoundUnsent(Socket socket)
    {
        try
        {
            socket.SetRawSocketOption(IPPROTO_TCP, TCP_NOTSENT_LOWAT, BitConverter.GetBytes(MostUnsentBytes));
        }
        catch (SocketException)
        {
            // A sandbox without the option serves all the same.
        }
    }
}
