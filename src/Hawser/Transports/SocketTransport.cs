using System.Net;
using System.Net.Sockets;
using Hawser.Native;

namespace Hawser.Transports;

/// <summary>What the transports over a socket share: addresses, half-close, abort and close.</summary>
internal abstract class SocketTransport : Transport
{
    private const int IPPROTO_TCP = 6;
    private const int TCP_INFO = 11;

    // struct tcp_info of linux/tcp.h: tcpi_bytes_acked, since Linux 4.1.
    private const int BytesAckedOffset = 120;

    private bool _resetsUnlessFinished;

    protected SocketTransport(Socket socket)
    {
        Socket = socket;
        // Asked once: a closed socket does not say. .NET knows them from accepting and connecting.
        LocalEndPoint = Plain(AddressOf(socket, static socket => socket.LocalEndPoint));
        RemoteEndPoint = Plain(AddressOf(socket, static socket => socket.RemoteEndPoint));
    }

    public override EndPoint? LocalEndPoint { get; }

    public override EndPoint? RemoteEndPoint { get; }

    public override bool IsBroken
    {
        get
        {
            try
            {
                using DescriptorLease socket = new(Socket.SafeHandle);
                return Platform.IsLinux
                    ? Libc.HasError(socket.Descriptor)
                    : Socket.Poll(0, SelectMode.SelectError);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    protected Socket Socket { get; }

    public override long BytesAcknowledged
    {
        get
        {
            if (!Platform.IsLinux || Socket.AddressFamily == AddressFamily.Unix)
                return BytesSent;
            Span<byte> tcp = stackalloc byte[BytesAckedOffset + sizeof(long)];
            try
            {
                return Socket.GetRawSocketOption(IPPROTO_TCP, TCP_INFO, tcp) == tcp.Length
                    // It counts SYN and FIN as well.
                    ? Math.Min(BytesSent, BitConverter.ToInt64(tcp[BytesAckedOffset..]))
                    : BytesSent;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return BytesSent;
            }
        }
    }

    public override void Open()
    {
        // Linux: what a listener has set its connections have (tcp(7)); and each call says whether it waits. Elsewhere
        // none does: those that block wait for readiness first.
        if (!Platform.IsLinux)
        {
            Socket.Blocking = false;
            if (Socket.AddressFamily != AddressFamily.Unix)
                Socket.NoDelay = true;
        }
    }

    internal override bool CloseFinishes => !_resetsUnlessFinished;

    public override ValueTask FinishSendingAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        if (_resetsUnlessFinished)
            Socket.LingerState = new LingerOption(enable: false, seconds: 0);
        return ValueTask.CompletedTask;
    }

    public override void ResetUnlessFinished()
    {
        if (Socket.AddressFamily == AddressFamily.Unix)
            return;
        // The kernel closes a dead process's sockets as their options say (socket(7), SO_LINGER).
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _resetsUnlessFinished = true;
    }

    public override void Abort()
    {
        try
        {
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already reset or closed.
        }
        Socket.Dispose();
    }

    public override void Close() => Socket.Dispose();

    /// <summary>Receives what there is: without waiting, or for as long as the socket's options let it.</summary>
    /// <returns>Bytes; 0 at the end; <see cref="Transport.NotReady"/>.</returns>
    protected int TryReceive(Span<byte> buffer)
    {
        if (!Platform.IsLinux)
            return Outcome(Socket.Receive(buffer, SocketFlags.None, out SocketError error), error);
        using DescriptorLease socket = new(Socket.SafeHandle);
        return Outcome(Libc.Receive(socket.Descriptor, buffer, BlocksItsThread));
    }

    /// <summary>Sends what the kernel takes.</summary>
    /// <returns>Bytes; <see cref="Transport.NotReady"/> when there is no room.</returns>
    protected int TrySend(ReadOnlySpan<byte> data)
    {
        if (!Platform.IsLinux)
            return Outcome(Socket.Send(data, SocketFlags.None, out SocketError error), error);
        using DescriptorLease socket = new(Socket.SafeHandle);
        return Outcome(Libc.Send(socket.Descriptor, data, BlocksItsThread));
    }

    /// <param name="result">Bytes, or the negative errno.</param>
    protected static int Outcome(int result) =>
        result >= 0 ? result : result == -Libc.EAGAIN ? NotReady : throw Libc.SocketError(-result);

    private static int Outcome(int bytes, SocketError error) => error switch
    {
        SocketError.Success => bytes,
        SocketError.WouldBlock => NotReady,
        _ => throw new SocketException((int)error),
    };

    /// <returns>Null if the peer has reset already, which the next call reports.</returns>
    private static EndPoint? AddressOf(Socket socket, Func<Socket, EndPoint?> ask)
    {
        try
        {
            return ask(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>An IPv4 peer of a dual-stack listener under its IPv4 address.</summary>
    private static EndPoint? Plain(EndPoint? endPoint) =>
        endPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
            : endPoint;
}
