using System.Net;
using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>A loopback datagram socket connected to itself: the portable way to end a <c>Socket.Select</c>.</summary>
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

    /// <summary>Makes the socket readable. Thread-safe.</summary>
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
            // Disposed: nothing waits any more.
        }
        catch (SocketException)
        {
            // The next signal tries again.
            Interlocked.Exchange(ref _signalled, 0);
        }
    }

    public void Clear()
    {
        Span<byte> discard = stackalloc byte[8];
        SocketError error;
        try
        {
            do
            {
                Socket.Receive(discard, SocketFlags.None, out error);
            }
            while (error == SocketError.Success);
        }
        catch (ObjectDisposedException)
        {
            // As in Signal.
        }
        // Only now: the loop above could discard a byte sent after this reset, and later signals would be suppressed.
        Interlocked.Exchange(ref _signalled, 0);
    }

    public void Dispose() => Socket.Dispose();
}
