using System.Buffers;
using System.Net;
using Hawser.Telemetry;
using Hawser.Timing;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>A byte stream whose calls wait by blocking, by readiness or by completion.</summary>
/// <remarks>At most one receive and one send at a time; the two may overlap. Calls throw
/// <see cref="System.Net.Sockets.SocketException"/> if the stream is broken and <see cref="ObjectDisposedException"/>
/// once it is closed or aborted; <see cref="Connection"/> turns both into a <see cref="ConnectionClosedException"/>.
/// <see cref="Interrupt"/> ends every wait and leaves the stream intact: stops, timeouts and cancelled tokens use
/// it.</remarks>
public abstract class Transport
{
    /// <summary>The result of a <see cref="ReceiveAsync"/> that would have to wait.</summary>
    public const int NotReady = -1;

    private const int CopyBufferBytes = 128 * 1024;

    private Features? _features;
    private long _bytesReceived;
    private long _bytesSent;
    private long _movedBefore;
    private long _waitEnded;
    private long _quietSince;

    /// <summary>The local address; null if the stream has none.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The peer's address; null if the stream has none.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Bytes that the kernel has accepted so far.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>Sent bytes that the peer's system has acknowledged, if known; otherwise
    /// <see cref="BytesSent"/>.</summary>
    public virtual long BytesAcknowledged => BytesSent;

    /// <summary>Objects attached by layers and handlers.</summary>
    public virtual Features Features => Volatile.Read(ref _features)
        ?? Interlocked.CompareExchange(ref _features, new Features(), null) ?? _features!;

    /// <summary>Calls block the calling thread and have completed when they return.</summary>
    public virtual bool BlocksItsThread => false;

    /// <summary>The peer has reset the stream. The server polls it while the handler awaits something else.
    /// Thread-safe.</summary>
    public virtual bool IsBroken => false;

    /// <summary>The <see cref="AcceptedSocket.Number"/>; 0 for other streams.</summary>
    internal long Number { get; init; }

    /// <summary>The clock of <see cref="QuietSince"/>.</summary>
    internal CoarseClock Clock { get; set; } = CoarseClock.System;

    /// <summary>Receives what layers measure; null where nothing is.</summary>
    internal ServerMetrics? Metrics { get; set; }

    /// <summary>Since when a wait for the peer has seen no byte move. The time between two waits does not
    /// count.</summary>
    internal virtual long QuietSince => Volatile.Read(ref _quietSince);

    /// <summary>The user id of the peer's process, of a Unix domain socket; null if unknown.</summary>
    internal virtual uint? PeerUser => null;

    /// <summary>A layer delays a call: it does not wait for the peer.</summary>
    internal virtual bool IsPaused => false;

    /// <summary>A layer holds bytes that count as sent, after an interrupt. <see cref="SendUnsentAsync"/> or the next
    /// send sends them.</summary>
    public virtual bool HasUnsent => false;

    /// <summary>Called once, first, on the thread that serves the stream.</summary>
    public virtual void Open()
    {
    }

    /// <summary>Waits until there may be input, the end of the stream, or an error.</summary>
    /// <param name="deadline">If passed, polls once; the result is then exact even if an interrupt is pending.</param>
    /// <returns>False at the deadline or after <see cref="Interrupt"/>.</returns>
    public abstract ValueTask<bool> WaitToReceiveAsync(Deadline deadline);

    /// <summary>Receives available bytes.</summary>
    /// <param name="buffer">At least one byte.</param>
    /// <returns>Bytes received; 0 when the peer has finished; <see cref="NotReady"/> if there is nothing after
    /// all.</returns>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Whether input for a file should take the kernel's pipe (<see cref="ReceiveIntoPipe"/>,
    /// <see cref="MoveFromPipe"/>).</summary>
    internal virtual bool TryUsePipe() => false;

    /// <summary>As <see cref="ReceiveAsync"/>, into the pipe.</summary>
    internal virtual int ReceiveIntoPipe() => throw new NotSupportedException();

    /// <summary>Writes the pipe's bytes to a file; with an offset below zero, to another pipe.</summary>
    /// <exception cref="IOException">The disk is full or failed, or the other pipe has no reader. The bytes are
    /// lost.</exception>
    internal virtual void MoveFromPipe(SafeFileHandle file, long offset, int count) => throw new NotSupportedException();

    /// <summary>Drops the pipe's bytes and stops using it.</summary>
    internal virtual void DropPipe()
    {
    }

    /// <summary>Sends all bytes; completes when the kernel has accepted the last one. Waiting for room is the
    /// back-pressure.</summary>
    /// <returns>Bytes that the kernel accepted; fewer than all only after <see cref="Interrupt"/>.</returns>
    public abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends what a layer holds, or a part of it after <see cref="Interrupt"/>.</summary>
    public virtual ValueTask SendUnsentAsync() => ValueTask.CompletedTask;

    /// <summary>Sends <paramref name="count"/> bytes of a file.</summary>
    /// <returns>As for <see cref="SendAsync"/>.</returns>
    /// <exception cref="EndOfStreamException">The file is too short; its bytes were sent.</exception>
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

    /// <summary>Whether <see cref="SendPipe"/> works.</summary>
    internal virtual bool CanSendPipe => false;

    /// <summary>Sends available bytes of a pipe within the kernel, at least one. Blocks while the pipe is
    /// empty.</summary>
    /// <returns>Bytes; 0 at the end of the pipe; <see cref="NotReady"/> after <see cref="Interrupt"/>.</returns>
    /// <exception cref="IOException">The pipe cannot be read.</exception>
    internal virtual long SendPipe(SafeFileHandle pipe) => throw new NotSupportedException();

    /// <summary>Ends the pending receive and send, or else the next ones, and leaves the stream intact. Thread-safe.
    /// Callers check their conditions again, so a needless call is harmless.</summary>
    public abstract void Interrupt();

    /// <summary>Half-closes: the peer reads the end of the stream after the sent bytes.</summary>
    public abstract ValueTask FinishSendingAsync();

    /// <summary>When the peer has finished and no call is pending, lets <see cref="Close"/> finish the stream without
    /// <see cref="FinishSendingAsync"/>.</summary>
    /// <returns>False if closing alone would reset it.</returns>
    internal virtual bool TryFinishByClosing() => false;

    /// <summary>Makes any end before <see cref="FinishSendingAsync"/> a reset, if the stream supports it.</summary>
    public virtual void ResetUnlessFinished()
    {
    }

    /// <summary>Resets the stream; every later call throws. Thread-safe.</summary>
    public abstract void Abort();

    /// <summary>Closes the stream in order. Thread-safe.</summary>
    public abstract void Close();

    /// <summary>Records the start of a wait for the peer.</summary>
    internal void BeginWait()
    {
        long now = Clock.Now;
        long moved = _bytesReceived + _bytesSent;
        _quietSince = moved == _movedBefore && _waitEnded != 0 ? _quietSince + now - _waitEnded : now;
        _movedBefore = moved;
        _waitEnded = 0;
    }

    /// <summary>Records a moved byte while both directions wait.</summary>
    internal void MoveQuietSince() => _quietSince = Clock.Now;

    /// <summary>Records a wait that ended without a byte.</summary>
    internal void EndWait() => _waitEnded = Clock.Now;

    /// <summary>Counts received bytes.</summary>
    protected void CountReceived(int bytes) => Volatile.Write(ref _bytesReceived, _bytesReceived + bytes);

    /// <summary>Counts bytes that the kernel accepted. Within a long send they are progress.</summary>
    protected void CountSent(long bytes)
    {
        Volatile.Write(ref _bytesSent, _bytesSent + bytes);
        _quietSince = Clock.Now;
    }

    /// <exception cref="IOException">Also if the file may not be read.</exception>
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

    /// <summary>The exception of a <see cref="SendFileAsync"/> whose file ended early.</summary>
    protected static EndOfStreamException FileTooShort(long missing) =>
        new($"file is {missing} bytes shorter than announced");
}
