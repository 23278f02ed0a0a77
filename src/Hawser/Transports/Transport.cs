using System.Buffers;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>One byte stream and how its calls wait: by blocking, by readiness, or by completion.</summary>
/// <remarks>
/// At most one receive and one send at a time; the two may overlap. Calls throw
/// <see cref="System.Net.Sockets.SocketException"/> when the stream is broken and
/// <see cref="ObjectDisposedException"/> once it was closed or aborted; <see cref="Connection"/> turns both into a
/// <see cref="ConnectionClosedException"/>. Every wait can be ended by <see cref="Interrupt"/>, which leaves the stream
/// as it is: a stop, a timeout and a cancelled token all use it.
/// </remarks>
public abstract class Transport
{
    /// <summary>What <see cref="ReceiveAsync"/> returns when it would have to wait.</summary>
    public const int NotReady = -1;

    private const int CopyBufferBytes = 128 * 1024;

    private Features? _features;
    private long _bytesReceived;
    private long _bytesSent;
    private long _movedBefore;
    private long _waitEnded;
    private long _quietSince;

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

    /// <summary>What layers and handlers attach.</summary>
    public virtual Features Features => _features ??= new Features();

    /// <summary>Calls block the calling thread, and have finished when they return.</summary>
    public virtual bool BlocksItsThread => false;

    /// <summary>The peer has reset the stream. Asked by the server while its handler waits for something else; from any
    /// thread.</summary>
    public virtual bool IsBroken => false;

    /// <summary>From <see cref="AcceptedSocket.Number"/>; 0 for a stream that no listener gave.</summary>
    internal long Number { get; init; }

    /// <summary>The clock of <see cref="QuietSince"/>.</summary>
    internal CoarseClock Clock { get; set; } = CoarseClock.System;

    /// <summary>Since when the peer is waited for and no byte has moved. Time between two waits does not count: it
    /// moves this on.</summary>
    internal virtual long QuietSince => Volatile.Read(ref _quietSince);

    /// <summary>A layer holds bytes that it has counted as sent, because an interrupt came:
    /// <see cref="SendUnsentAsync"/> sends them, and so does the next send.</summary>
    public virtual bool HasUnsent => false;

    /// <summary>Called once, on the thread that serves the stream, before anything else.</summary>
    public virtual void Open()
    {
    }

    /// <summary>Waits until a receive is worth trying: there seems to be input, the end of the stream, or an
    /// error.</summary>
    /// <param name="deadline">One that has passed already polls once; the result is exact even when an interrupt is
    /// pending.</param>
    /// <returns>False when the deadline passed, or <see cref="Interrupt"/> was called.</returns>
    public abstract ValueTask<bool> WaitToReceiveAsync(Deadline deadline);

    /// <summary>Receives what there is.</summary>
    /// <param name="buffer">At least a byte.</param>
    /// <returns>Bytes received; 0 when the peer has finished; <see cref="NotReady"/> when there is nothing after
    /// all.</returns>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Whether what comes next should go by way of the kernel's own pipe, with <see cref="ReceiveIntoPipe"/>
    /// and <see cref="MoveFromPipe"/>, if it is to go into a file.</summary>
    internal virtual bool TryUsePipe() => false;

    /// <summary>As <see cref="ReceiveAsync"/>, into the pipe.</summary>
    internal virtual int ReceiveIntoPipe() => throw new NotSupportedException();

    /// <summary>Writes what was received into the pipe to a file.</summary>
    /// <exception cref="IOException">The disk is full, or worse. What was received is lost.</exception>
    internal virtual void MoveFromPipe(SafeFileHandle file, long offset, int count) => throw new NotSupportedException();

    /// <summary>Forgets what was received into the pipe, and uses it no more.</summary>
    internal virtual void DropPipe()
    {
    }

    /// <summary>Sends all of it; done when the kernel has the last byte. Waiting for the peer to make room is the
    /// back-pressure.</summary>
    /// <returns>Bytes that the kernel took: fewer than all only after <see cref="Interrupt"/>.</returns>
    public abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends what a layer holds, or some of it after <see cref="Interrupt"/>.</summary>
    public virtual ValueTask SendUnsentAsync() => ValueTask.CompletedTask;

    /// <summary>Sends <paramref name="count"/> bytes of a file.</summary>
    /// <returns>As for <see cref="SendAsync"/>.</returns>
    /// <exception cref="EndOfStreamException">The file is shorter than that; what there is was sent.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public virtual async ValueTask<long> SendFileAsync(SafeFileHandle file, long offset, long count)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            long sent = 0;
            while (sent < count)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, count - sent));
                int read = Read(file, piece.Span, offset + sent);
                if (read == 0)
                    throw FileTooShort(count - sent);
                int taken = await SendAsync(piece[..read]);
                sent += taken;
                if (taken < read || HasUnsent)
                    break;
            }
            return sent;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Ends the receive and the send that wait, or else the next ones, and leaves the stream as it is. From
    /// any thread. Callers check again what they wait for, so that a needless call does no harm.</summary>
    public abstract void Interrupt();

    /// <summary>Half-close: the peer reads the end of the stream after what was sent.</summary>
    public abstract ValueTask FinishSendingAsync();

    /// <summary>When the peer has finished, <see cref="Close"/> does what <see cref="FinishSendingAsync"/> would.</summary>
    internal virtual bool CloseFinishes => false;

    /// <summary>Lets any end before <see cref="FinishSendingAsync"/> be a reset, where the stream knows such a
    /// thing.</summary>
    public virtual void ResetUnlessFinished()
    {
    }

    /// <summary>Destroys the stream; the peer sees a reset, and every call throws from now on. From any thread.</summary>
    public abstract void Abort();

    /// <summary>Gives the stream back to the system, in order. From any thread.</summary>
    public abstract void Close();

    /// <summary>A wait begins: from now on the peer is expected to move a byte.</summary>
    internal void BeginWait()
    {
        long now = Clock.Now;
        long moved = _bytesReceived + _bytesSent;
        _quietSince = moved == _movedBefore && _waitEnded != 0 ? _quietSince + now - _waitEnded : now;
        _movedBefore = moved;
        _waitEnded = 0;
    }

    /// <summary>A byte has moved while both directions wait.</summary>
    internal void MoveQuietSince() => _quietSince = Clock.Now;

    /// <summary>A wait ends without a byte.</summary>
    internal void EndWait() => _waitEnded = Clock.Now;

    /// <summary>Counts bytes as they come.</summary>
    protected void CountReceived(int bytes) => Volatile.Write(ref _bytesReceived, _bytesReceived + bytes);

    /// <summary>Counts bytes as the kernel takes them. Within a long send that is progress.</summary>
    protected void CountSent(long bytes)
    {
        Volatile.Write(ref _bytesSent, _bytesSent + bytes);
        _quietSince = Clock.Now;
    }

    /// <exception cref="IOException">Also where the file may not be read.</exception>
    private static int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        try
        {
            return RandomAccess.Read(file, buffer, offset);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>The error of a <see cref="SendFileAsync"/> whose file ended early.</summary>
    protected static EndOfStreamException FileTooShort(long missing) =>
        new($"the file ended {missing} bytes before its announced length");
}
