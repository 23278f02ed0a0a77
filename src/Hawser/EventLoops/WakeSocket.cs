using System.Net;
using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>A loopback datagram socket that talks to itself: the portable way to end a <c>Socket.Select</c>.</summary>
internal sealed class WakeSocket : IDisposable
{
    private static readonly byte[] OneByte = [1];
    private int _signalled;

    public WakeSocket()
    {
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Socket.Connect(Socket.LocalEndPoint!);
        Socket.Blocking = false;
    }

    /// <summary>Readable after <see cref="Signal"/>, until <see cref="Clear"/>.</summary>
    public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    /// <summary>From any thread.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) != 0)
            return;
        try
        {
            Socket.Send(OneByte, SocketFlags.None);
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    public void Clear()
    {
        Volatile.Write(ref _signalled, 0);
        Span<byte> discard = stackalloc byte[8];
        do
        {
            Socket.Receive(discard, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
                return;
        }
        while (true);
    }

    public void Dispose() => Socket.Dispose();
}
