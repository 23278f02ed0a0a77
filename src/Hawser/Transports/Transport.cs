using System.Buffers;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>One byte stream and how its calls wait: by blocking, by readiness, or by completion.</summary>
/// <remarks>
/// At most one receive and one send at a time. Calls throw <see cref="System.Net.Sockets.SocketException"/> when the
/// stream is broken and <see cref="ObjectDisposedException"/> once it was aborted; <see cref="Connection"/> turns both
/// into a <see cref="ConnectionClosedException"/>. <see cref="StopReceiving"/> and <see cref="Abort"/> may be called
/// from any thread; all else belongs to the connection's handler.
/// </remarks>
public abstract class Transport
{
    private const int CopyBufferBytes = 128 * 1024;

    private long _bytesReceived;
    private long _bytesSent;

    /// <summary>This end; null where the stream has no address.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The other end; null where the stream has no address.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Bytes that the kernel has taken so far.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>Bytes sent that the peer's system has acknowledged, as far as that can be asked; else
    /// <see cref="BytesSent"/>.</summary>
    public virtual long BytesAcknowledged => BytesSent;

    /// <summary>Calls block the calling thread, and have finished when they return.</summary>
    public virtual bool BlocksItsThread => false;

    /// <summary>Waits for a good moment to rent a buffer and receive.</summary>
    /// <returns>False when the deadline passed before there was input or an end. Without a deadline a transport may
    /// return true at once and wait in <see cref="ReceiveAsync"/> instead.</returns>
    public abstract ValueTask<bool> WaitToReceiveAsync(Deadline deadline);

    /// <summary>Receives what there is, at least a byte; 0 when the peer has finished.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Whether what comes next should go by way of the kernel's own pipe, with <see cref="ReceiveIntoPipe"/>
    /// and
    /// <see cref="MoveFromPipe"/>, if it is to go into a file.</summary>
    public virtual bool TryUsePipe() => false;

    /// <summary>Receives what there is, at least a byte, into the pipe; 0 when the peer has finished.</summary>
    public virtual int ReceiveIntoPipe() => throw new NotSupportedException();

    /// <summary>Writes what was received into the pipe to a file.</summary>
    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public virtual void MoveFromPipe(SafeFileHandle file, long offset, int count) => throw new NotSupportedException();

    /// <summary>Sends all of it; done when the kernel has the last byte. Waiting for the peer to make room is the
    /// back-pressure.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends <paramref name="count"/> bytes of a file.</summary>
    /// <exception cref="EndOfStreamException">The file is shorter than that; what there is was sent.</exception>
    public virtual async ValueTask SendFileAsync(SafeFileHandle file, long offset, long count)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            while (count > 0)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, count));
                int read = RandomAccess.Read(file, piece.Span, offset);
                if (read == 0)
                    throw FileTooShort(count);
                await SendAsync(piece[..read]);
                offset += read;
                count -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Half-close: the peer reads the end of the stream after what was sent.</summary>
    public abstract void FinishSending();

    /// <summary>Lets any end before <see cref="FinishSending"/> be a reset, where the stream knows such a
    /// thing.</summary>
    public virtual void ResetUnlessFinished()
    {
    }

    /// <summary>Ends a waiting receive, and every later one, as if the peer had finished.</summary>
    public abstract void StopReceiving();

    /// <summary>Destroys the stream at once; the peer sees a reset. Waiting calls throw.</summary>
    public abstract void Abort();

    /// <summary>Gives the stream back to the system, in order.</summary>
    public abstract void Close();

    /// <summary>Counts bytes as they come, so that a heartbeat sees progress inside a long call.</summary>
    protected void CountReceived(int bytes) => Volatile.Write(ref _bytesReceived, _bytesReceived + bytes);

    /// <summary>Counts bytes as the kernel takes them.</summary>
    protected void CountSent(long bytes) => Volatile.Write(ref _bytesSent, _bytesSent + bytes);

    /// <summary>The error of a <see cref="SendFileAsync"/> whose file ended early.</summary>
    protected static EndOfStreamException FileTooShort(long missing) =>
        new($"the file ended {missing} bytes before its announced length");
}
