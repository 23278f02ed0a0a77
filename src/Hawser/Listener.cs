using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser;

/// <summary>One listening socket.</summary>
internal sealed class Listener : IDisposable
{
    private Listener(Socket socket)
    {
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
        try
        {
            if (endPoint is UnixDomainSocketEndPoint local)
                RemoveIfStale(local);
            socket = Create(endPoint);
            configure?.Invoke(socket);
            // Never ReuseAddress: on Linux that is SO_REUSEPORT too, and two servers would share the port unnoticed.
            // Bind alone sets SO_REUSEADDR on Unix, so that a restart gets its old port at once.
            socket.Bind(endPoint);
            socket.Listen(backlog);
            // On Linux a connection that is there stays, and what is accepted would inherit it. Elsewhere one may leave
            // between the question and the accept.
            socket.Blocking = Platform.IsLinux;
            return new Listener(socket);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new ListenException(Explain(endPoint, e), e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Takes one connection of this process's own, so that the first of a burst does not wait for methods to
    /// be compiled. Harmless where it fails.</summary>
    public static void WarmUp()
    {
        try
        {
            using Listener listener = Open(new IPEndPoint(IPAddress.Loopback, 0), backlog: 1);
            using Socket client = Create(listener.EndPoint);
            client.Connect(listener.EndPoint);
            listener.TryAccept(out Socket? accepted);
            accepted?.Dispose();
        }
        catch (Exception e) when (e is SocketException or ListenException)
        {
            // No descriptors, or no loopback interface: the first connection will be slower.
        }
    }

    /// <summary>Takes a connection if one is there. Never waits.</summary>
    public bool TryAccept([NotNullWhen(true)] out Socket? accepted)
    {
        accepted = null;
        // Asking first is far cheaper than the exception of an accept that would have to wait.
        if (!Socket.Poll(0, SelectMode.SelectRead))
            return false;
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

    /// <summary>Stops listening. .NET removes the file of a Unix domain socket.</summary>
    public void Dispose() => Socket.Dispose();

    private static Socket Create(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        if (endPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip)
            socket.DualMode = ip.Address.Equals(IPAddress.IPv6Any);
        return socket;
    }

    /// <summary>A socket file outlives a server that was killed; one that nobody answers at is in the way of the
    /// next.</summary>
    private static void RemoveIfStale(UnixDomainSocketEndPoint endPoint)
    {
        string path = endPoint.ToString();
        if (!IsSocket(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // A live server whose backlog is full must not hold us up.
        probe.Blocking = false;
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e)
        {
            if (e.SocketErrorCode is SocketError.ConnectionRefused)
                File.Delete(path);
        }
    }

    /// <summary>Anybody's empty file refuses a connection just the same; but a socket cannot be opened (open(2),
    /// ENXIO).</summary>
    private static bool IsSocket(string path)
    {
        if (new FileInfo(path) is not { Exists: true, Length: 0 })
            return false;
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
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
}
