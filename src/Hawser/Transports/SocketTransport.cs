using System.Net;
using System.Net.Sockets;
using Hawser.Native;

namespace Hawser.Transports;

/// <summary>Common parts of the socket transports: addresses, half-close, abort and close.</summary>
internal abstract class SocketTransport : Transport
{
    private const int IPPROTO_TCP = 6;
    private const int TCP_INFO = 11;

    // struct tcp_info of linux/tcp.h: tcpi_bytes_acked, since Linux 4.1.
    private const int BytesAckedOffset = 120;

    private bool _resetsUnlessFinished;
    private bool _hasFinished;
    private volatile bool _isAborted;

    protected SocketTransport(Socket socket)
    {
        Socket = socket;
        // Read once, because a closed socket has no addresses.
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

    internal override uint? PeerUser
    {
        get
        {
            if (!OperatingSystem.IsLinux() || Socket.AddressFamily != AddressFamily.Unix)
                return null;
            try
            {
                return ProcessUser.OfPeer(Socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return null;
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
                    // The counter includes SYN and FIN.
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
        // Linux: sockets inherit the listener's options (tcp(7)), and each call says whether it blocks. Elsewhere none
        // blocks: blocking transports first wait for readiness.
        if (!Platform.IsLinux)
        {
            Socket.Blocking = false;
            if (Socket.AddressFamily != AddressFamily.Unix)
                Socket.NoDelay = true;
        }
    }

    public override ValueTask FinishSendingAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        _hasFinished = true;
        if (_resetsUnlessFinished)
            Socket.LingerState = new LingerOption(enable: false, seconds: 0);
        return ValueTask.CompletedTask;
    }

    public override void ResetUnlessFinished()
    {
        if (Socket.AddressFamily == AddressFamily.Unix)
            return;
        // The kernel closes a dead process's sockets by their options (socket(7), SO_LINGER).
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _resetsUnlessFinished = true;
    }

    internal override bool TryFinishByClosing()
    {
        _hasFinished = !_resetsUnlessFinished;
        return _hasFinished;
    }

    public override void Abort()
    {
        _isAborted = true;
        SocketTransports.Reset(Socket);
    }

    public override void Close()
    {
        try
        {
            // If another thread uses the socket meanwhile, .NET resets a stream that was not shut down.
            if (!_hasFinished && !_resetsUnlessFinished && !_isAborted)
                Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already reset or closed.
        }
        _hasFinished = true;
        Socket.Dispose();
    }

    /// <summary>Receives available bytes, waiting no longer than the socket's options allow.</summary>
    /// <returns>Bytes; 0 at the end; <see cref="Transport.NotReady"/>.</returns>
    protected int TryReceive(Span<byte> buffer)
    {
        if (!Platform.IsLinux)
            return Outcome(Socket.Receive(buffer, SocketFlags.None, out SocketError error), error);
        using DescriptorLease socket = new(Socket.SafeHandle);
        return Outcome(Libc.Receive(socket.Descriptor, buffer, BlocksItsThread));
    }

    /// <summary>Sends what the kernel accepts.</summary>
    /// <returns>Bytes; <see cref="Transport.NotReady"/> if there is no room.</returns>
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

    /// <returns>Null if the peer has already reset, which the next call reports.</returns>
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

    /// <summary>The IPv4 address of an IPv4 peer of a dual-stack listener.</summary>
    private static EndPoint? Plain(EndPoint? endPoint) =>
        endPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
            : endPoint;
}
