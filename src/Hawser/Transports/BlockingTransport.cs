using System.Net.Sockets;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>Waits by blocking the calling thread: every call has finished when it returns.</summary>
internal sealed class BlockingTransport(Socket socket) : SocketTransport(socket)
{
    // Long sends go in pieces, so that the heartbeat sees the progress of a slow one.
    private const int LargestSendBytes = 64 * 1024;
    private const long LargestSendFileBytes = 1024 * 1024;

    // A pipe is two descriptors and a megabyte: not for small change.
    private const long PipeAfterBytes = 4 * 1024 * 1024;

    private SplicePipe? _pipe;
    private bool _hasTriedPipe;

    public override bool BlocksItsThread => true;

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (deadline.IsNone)
            return new ValueTask<bool>(true);
        return new ValueTask<bool>(OperatingSystem.IsLinux()
            ? WaitReadable(deadline)
            : Socket.Poll(deadline.Remaining, SelectMode.SelectRead));
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int received = Socket.Receive(buffer.Span);
        CountReceived(received);
        return new ValueTask<int>(received);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> data)
    {
        ReadOnlySpan<byte> rest = data.Span;
        while (!rest.IsEmpty)
        {
            int sent = Socket.Send(rest[..Math.Min(rest.Length, LargestSendBytes)]);
            CountSent(sent);
            rest = rest[sent..];
        }
        return ValueTask.CompletedTask;
    }

    public override ValueTask SendFileAsync(SafeFileHandle file, long offset, long count)
    {
        if (!OperatingSystem.IsLinux())
            return base.SendFileAsync(file, offset, count);

        using DescriptorLease target = new(Socket.SafeHandle);
        using DescriptorLease source = new(file);
        while (count > 0)
        {
            long sent = Libc.SendFile(
                target.Descriptor, source.Descriptor, offset, Math.Min(count, LargestSendFileBytes));
            if (sent < 0)
                throw Libc.SocketError((int)-sent);
            if (sent == 0)
                throw FileTooShort(count);
            CountSent(sent);
            offset += sent;
            count -= sent;
        }
        return ValueTask.CompletedTask;
    }

    public override bool TryUsePipe()
    {
        if (_pipe is null && !_hasTriedPipe && OperatingSystem.IsLinux() && BytesReceived >= PipeAfterBytes)
        {
            _hasTriedPipe = true;
            _pipe = SplicePipe.TryCreate();
        }
        return _pipe is not null;
    }

    public override int ReceiveIntoPipe()
    {
        using DescriptorLease socket = new(Socket.SafeHandle);
        int received = _pipe!.Fill(socket.Descriptor);
        if (received < 0)
            throw Libc.SocketError(-received);
        CountReceived(received);
        return received;
    }

    public override void MoveFromPipe(SafeFileHandle file, long offset, int count) => _pipe!.Empty(file, offset, count);

    public override void Close()
    {
        _pipe?.Dispose();
        base.Close();
    }

    private bool WaitReadable(Deadline deadline)
    {
        using DescriptorLease socket = new(Socket.SafeHandle);
        return Libc.WaitReadable(socket.Descriptor, deadline);
    }
}
