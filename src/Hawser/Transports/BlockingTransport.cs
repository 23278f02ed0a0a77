using System.Net.Sockets;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>Waits by blocking the calling thread: every call has completed when it returns.</summary>
/// <remarks>A receive or send first blocks in the kernel for 20 ms (SO_RCVTIMEO, SO_SNDTIMEO), so an active
/// conversation needs one system call. After that it polls the socket and a <see cref="Waker"/>. An interrupt thus
/// takes at most 20 ms. On systems other than Linux every receive polls first.</remarks>
internal sealed class BlockingTransport : SocketTransport
{
    private const int MomentMilliseconds = 20;

    // In pieces, so that the server sees the progress of a long send.
    private const int LargestSendBytes = 64 * 1024;
    private const long LargestSendFileBytes = 1024 * 1024;
    private const int LargestSpliceBytes = 1024 * 1024;

    // A pipe costs two descriptors and a megabyte.
    private const long PipeAfterBytes = 4 * 1024 * 1024;

    private readonly BlockingWait _input;
    private readonly BlockingWait _room;
    private Waker? _waker;
    private bool _isLively = Platform.IsLinux;
    private SplicePipe? _pipe;
    private bool _hasTriedPipe;

    public BlockingTransport(Socket socket) : base(socket)
    {
        _waker = WakerPool.Shared.Take();
        _input = new BlockingWait(socket, SelectMode.SelectRead, _waker);
        _room = new BlockingWait(socket, SelectMode.SelectWrite, _waker);
    }

    public override bool BlocksItsThread => true;

    public override void Open()
    {
        base.Open();
        if (Platform.IsLinux)
            Socket.ReceiveTimeout = Socket.SendTimeout = MomentMilliseconds;
    }

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        // Without a deadline the receive itself does the first part of the wait.
        bool isReady = (_isLively && deadline.IsNone) || _input.Wait(deadline);
        _isLively = isReady && Platform.IsLinux;
        return new ValueTask<bool>(isReady);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => new(Received(TryReceive(buffer.Span)));

    public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        while (sent < data.Length && !_room.TryConsume())
        {
            ReadOnlySpan<byte> rest = data.Span[sent..];
            int taken = TrySend(rest[..Math.Min(rest.Length, LargestSendBytes)]);
            if (taken > 0)
            {
                CountSent(taken);
                sent += taken;
            }
            else if (!_room.Wait(Deadline.None))
            {
                break;
            }
        }
        return new ValueTask<int>(sent);
    }

    public override ValueTask<long> SendFileAsync(SafeFileHandle file, long offset, long count)
    {
        if (!Platform.IsLinux)
            return base.SendFileAsync(file, offset, count);

        using DescriptorLease target = new(Socket.SafeHandle);
        using DescriptorLease source = new(file);
        long sent = 0;
        while (sent < count && !_room.TryConsume())
        {
            long taken = Libc.SendFile(
                target.Descriptor, source.Descriptor, offset + sent, Math.Min(count - sent, LargestSendFileBytes));
            if (taken == 0)
                throw FileTooShort(count - sent);
            if (taken > 0)
            {
                CountSent(taken);
                sent += taken;
            }
            else if (taken != -Libc.EAGAIN)
            {
                throw Libc.SendFileError((int)-taken);
            }
            else if (!_room.Wait(Deadline.None))
            {
                break;
            }
        }
        return new ValueTask<long>(sent);
    }

    internal override bool CanSendPipe => Platform.IsLinux;

    internal override long SendPipe(SafeFileHandle pipe)
    {
        using DescriptorLease target = new(Socket.SafeHandle);
        using DescriptorLease source = new(pipe);
        while (!_room.TryConsume())
        {
            long moved = Libc.Splice(source.Descriptor, target.Descriptor, -1, LargestSpliceBytes);
            if (moved >= 0)
            {
                CountSent(moved);
                return moved;
            }
            if (moved != -Libc.EAGAIN)
                throw Libc.SendFileError((int)-moved);
            // Either the socket has no room, or the pipe is empty and another process has made it non-blocking.
            Libc.Poll(source.Descriptor, toSend: false, wake: -1, Deadline.None, out _);
            if (!_room.Wait(Deadline.None))
                break;
        }
        return NotReady;
    }

    internal override bool TryUsePipe()
    {
        if (_pipe is null && !_hasTriedPipe && Platform.IsLinux && BytesReceived >= PipeAfterBytes)
        {
            _hasTriedPipe = true;
            _pipe = SplicePipe.TryCreate();
        }
        return _pipe is not null;
    }

    internal override int ReceiveIntoPipe()
    {
        using DescriptorLease socket = new(Socket.SafeHandle);
        return Received(Outcome(_pipe!.Fill(socket.Descriptor)));
    }

    internal override void MoveFromPipe(SafeFileHandle file, long offset, int count)
    {
        try
        {
            _pipe!.Empty(file, offset, count);
        }
        catch
        {
            DropPipe();
            throw;
        }
    }

    internal override void DropPipe()
    {
        _pipe?.Dispose();
        _pipe = null;
    }

    public override void Interrupt()
    {
        _input.Interrupt();
        _room.Interrupt();
    }

    public override void Abort()
    {
        Interrupt();
        base.Abort();
        ReturnWaker();
    }

    public override void Close()
    {
        DropPipe();
        base.Close();
        ReturnWaker();
    }

    /// <summary>Gives it back once the socket is closed. A wait that has not noticed yet keeps the descriptors by leases
    /// of its own.</summary>
    private void ReturnWaker()
    {
        if (Interlocked.Exchange(ref _waker, null) is { } waker)
            WakerPool.Shared.Return(waker);
    }

    private int Received(int result)
    {
        if (result >= 0)
            CountReceived(result);
        else
            _isLively = false;
        return result;
    }
}
