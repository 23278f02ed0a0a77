using System.Net;
using System.Net.Sockets;

namespace Hawser.Attacks;

/// <summary>Sockets of clients on the loopback interface. Every wait is bounded.</summary>
internal static class Wire
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AttackLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>Connects for a polite client. Its calls block for 5 s at most.</summary>
    /// <exception cref="SocketException">The server does not answer.</exception>
    public static Socket Connect(int port)
    {
        Socket socket = TryConnect(port, Limit, receiveBuffer: null)
            ?? throw new SocketException((int)SocketError.TimedOut);
        socket.Blocking = true;
        socket.ReceiveTimeout = socket.SendTimeout = (int)Limit.TotalMilliseconds;
        return socket;
    }

    /// <summary>Connects for an attack. Its calls never wait.</summary>
    /// <param name="port">The server's.</param>
    /// <param name="receiveBuffer">SO_RCVBUF; null: the system's.</param>
    /// <returns>Null if the server or the system refuses.</returns>
    public static Socket? TryConnect(int port, int? receiveBuffer = null)
    {
        try
        {
            return TryConnect(port, AttackLimit, receiveBuffer);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Sends what the kernel takes.</summary>
    /// <returns>The bytes sent; 0 if it would wait; null if the connection has ended.</returns>
    public static int? TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error is SocketError.Success ? sent : error is SocketError.WouldBlock ? 0 : null;
    }

    /// <summary>Discards what has arrived.</summary>
    /// <returns>The bytes; 0 if there are none; null if the connection has ended.</returns>
    public static int? TryReceive(Socket socket, Span<byte> buffer)
    {
        int received = socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error is SocketError.WouldBlock ? 0 : error is SocketError.Success && received > 0 ? received : null;
    }

    /// <summary>Ends a connection with a reset.</summary>
    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    private static Socket? TryConnect(int port, TimeSpan limit, int? receiveBuffer)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            Blocking = false,
        };
        try
        {
            if (receiveBuffer is { } bytes)
                socket.ReceiveBufferSize = bytes;
            try
            {
                socket.Connect(IPAddress.Loopback, port);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!socket.Poll(limit, SelectMode.SelectWrite))
                    return Abandon(socket);
                int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
                if (error != 0)
                    throw new SocketException(error);
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket? Abandon(Socket socket)
    {
        socket.Dispose();
        return null;
    }
}
