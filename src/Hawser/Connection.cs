using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.Recycling;
using Hawser.Transports;
using Microsoft.Win32.SafeHandles;

namespace Hawser;

/// <summary>A conversation with one peer: buffered reads, whole writes, an orderly end.</summary>
/// <remarks>
/// For one reader and one writer at a time; they may be two tasks. When the peer resets, a limit is hit or the server
/// aborts, reads and writes throw <see cref="ConnectionClosedException"/>. A buffer is held only while it has bytes.
/// </remarks>
public sealed class Connection : IAsyncDisposable, IDisposable
{
    private const int FirstBufferBytes = 4096;
    private const int LargestBufferBytes = 256 * 1024;
    private const int FileBufferBytes = 256 * 1024;

    private const int Busy = 0;
    private const int AtRest = 1;
    private const int RestEnded = 2;

    private readonly Transport _transport;
    private readonly long _byteLimit;
    private byte[]? _buffer;
    private int _bufferBytes = FirstBufferBytes;
    private int _start;
    private int _end;
    private int _rest;
    private int _endedBy;
    private volatile bool _aborted;
    private volatile bool _stopping;
    private volatile bool _receiving;
    private volatile bool _sending;
    private ConnectionStream? _stream;

    internal Connection(long id, Transport transport, long byteLimit)
    {
        Id = id;
        _transport = transport;
        _byteLimit = byteLimit;
    }

    /// <summary>Counts the connections of a server, from 1.</summary>
    public long Id { get; }

    /// <summary>This end; null where the transport has no address.</summary>
    public EndPoint? LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>The peer; null where the transport has no address.</summary>
    public EndPoint? RemoteEndPoint => _transport.RemoteEndPoint;

    /// <summary>Bytes received so far, those still in the buffer included.</summary>
    public long BytesReceived => _transport.BytesReceived;

    /// <summary>Bytes that the kernel has taken so far.</summary>
    public long BytesSent => _transport.BytesSent;

    /// <summary>Bytes sent that the peer's system has acknowledged: what really gets through. Asked of the kernel (TCP on
    /// Linux, where the handshake may count as one); elsewhere the same as <see cref="BytesSent"/>.</summary>
    public long BytesAcknowledged => _transport.BytesAcknowledged;

    /// <summary>The peer has finished, and all it sent has been read off the wire.</summary>
    public bool PeerHasFinished { get; private set; }

    /// <summary>What ended the connection from outside; <see cref="CloseReason.None"/> while nothing has.</summary>
    internal CloseReason EndedBy => (CloseReason)Volatile.Read(ref _endedBy);

    internal bool IsReceiving => _receiving;

    internal bool IsSending => _sending;

    /// <summary>Book-keeping of the server's heartbeat.</summary>
    internal HeartbeatRecord Heartbeat;

    /// <summary>Waits until there is something to read, and reads nothing: the place between two messages.</summary>
    /// <param name="deadline">When to give up; kept to a millisecond, under every model.</param>
    /// <returns><see cref="InputState.Stopping"/> only from here: a stop of the server ends a conversation between
    /// messages, never inside of one.</returns>
    public ValueTask<InputState> WaitForInputAsync(Deadline deadline = default)
    {
        if (_end > _start)
            return new ValueTask<InputState>(InputState.Ready);
        if (PeerHasFinished)
            return new ValueTask<InputState>(InputState.Finished);
        return WaitAtRestAsync(deadline);
    }

    /// <summary>Reads what there is, at least a byte; empty when the peer has finished. No buffer is held while it
    /// waits; a peer that fills the buffer gets a larger one next time, up to 256 KiB.</summary>
    /// <returns>Bytes that stay valid until the next read.</returns>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        if (_end == _start)
            await FillAsync(Deadline.None);
        return Take(_end - _start);
    }

    /// <summary>Reads what there is into a buffer, at least a byte; 0 when the peer has finished.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (_end == _start && !buffer.IsEmpty)
            return ReceiveAsync(buffer);
        int count = Math.Min(buffer.Length, _end - _start);
        Take(count).CopyTo(buffer);
        return new ValueTask<int>(count);
    }

    /// <summary>Reads up to the next line feed.</summary>
    /// <param name="limit">Bytes that a line may have, its line feed included.</param>
    /// <returns>The line without its line feed, valid until the next read; null when the peer has finished.</returns>
    /// <exception cref="ProtocolException">The line is longer, or the peer finished in the middle of it.</exception>
    public ValueTask<ReadOnlyMemory<byte>?> TryReadLineAsync(int limit) =>
        TryTakeLine(limit, out ReadOnlyMemory<byte> line)
            ? new ValueTask<ReadOnlyMemory<byte>?>(line)
            : ReadLineLaterAsync(limit);

    /// <summary>Fills the buffer.</summary>
    /// <returns>False when the peer has finished before its first byte.</returns>
    /// <exception cref="ProtocolException">The peer finished in the middle of it.</exception>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<bool> TryReadExactlyAsync(Memory<byte> buffer)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            int read = await ReadAsync(buffer[filled..]);
            if (read == 0)
                return filled == 0 ? false : throw Truncated($"{filled} of {buffer.Length} bytes");
            filled += read;
        }
        return true;
    }

    /// <summary>Receives what there is, at least a byte, into a file: much of it by the kernel alone, where calls block and
    /// the system can (splice(2)).</summary>
    /// <param name="file">Open for writing. Writing blocks the calling thread as the disk does.</param>
    /// <param name="offset">Where in the file the first byte goes.</param>
    /// <param name="accept">Told how many bytes will be written, before they are; throws to refuse them.</param>
    /// <returns>Bytes written; 0 when the peer has finished.</returns>
    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public async ValueTask<int> ReceivePieceToFileAsync(SafeFileHandle file, long offset, Action<int> accept)
    {
        if (_end == _start && !PeerHasFinished && _transport.TryUsePipe())
        {
            int received = ReceiveIntoPipe();
            if (received > 0)
            {
                accept(received);
                _transport.MoveFromPipe(file, offset, received);
            }
            return received;
        }
        ReadOnlyMemory<byte> piece = await ReadAsync();
        if (!piece.IsEmpty)
        {
            accept(piece.Length);
            RandomAccess.Write(file, piece.Span, offset);
        }
        return piece.Length;
    }

    /// <summary>Reads into a file until the peer has finished.</summary>
    /// <param name="file">Open for writing. Writing blocks the calling thread as the disk does.</param>
    /// <param name="offset">Where in the file the first byte goes.</param>
    /// <param name="limit">Bytes that are taken at the most.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ProtocolException">There were more bytes than the limit; that many were written.</exception>
    public async ValueTask<long> ReceiveToFileAsync(SafeFileHandle file, long offset, long limit = long.MaxValue)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FileBufferBytes);
        try
        {
            long written = 0;
            while (true)
            {
                int read = await ReadAsync(buffer);
                if (read == 0)
                    return written;
                int allowed = (int)Math.Min(read, limit - written);
                RandomAccess.Write(file, buffer.AsSpan(0, allowed), offset + written);
                written += allowed;
                if (allowed < read)
                    throw new ProtocolException($"more than {limit} bytes", CloseReason.ByteLimit);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes all of it; done when the kernel has the last byte. A peer that does not read makes this wait:
    /// that is the back-pressure.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        ValueTask send;
        _sending = true;
        try
        {
            send = _transport.SendAsync(data);
        }
        catch (Exception e) when (IsBroken(e))
        {
            _sending = false;
            throw Closed(e);
        }
        if (!send.IsCompletedSuccessfully)
            return FinishSendAsync(send);
        _sending = false;
        return send;
    }

    /// <summary>Sends <paramref name="count"/> bytes of a file, by the kernel alone where it can.</summary>
    /// <exception cref="EndOfStreamException">The file is shorter; what there is was sent.</exception>
    public async ValueTask SendFileAsync(SafeFileHandle file, long offset, long count)
    {
        _sending = true;
        try
        {
            await _transport.SendFileAsync(file, offset, count);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _sending = false;
        }
    }

    /// <summary>Half-close: tells the peer that nothing more will come. Reading goes on.</summary>
    public void FinishWriting()
    {
        try
        {
            _transport.FinishSending();
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
    }

    /// <summary>From now on any end that comes before <see cref="FinishWriting"/> is a reset, even if this process is
    /// killed: half of something does not look like the whole of it. Over TCP; other streams do not know a reset.</summary>
    public void ResetUnlessFinished() => _transport.ResetUnlessFinished();

    /// <summary>Destroys the connection at once: the peer sees a reset, waiting calls throw. From any thread.</summary>
    public void Abort() => Abort(CloseReason.Aborted);

    /// <summary>Destroys the connection for a reason of the caller's: what waits throws it.</summary>
    public void Abort(CloseReason reason)
    {
        Interlocked.CompareExchange(ref _endedBy, (int)reason, (int)CloseReason.None);
        _aborted = true;
        _transport.Abort();
    }

    /// <summary>Closes the connection at once, in order as far as both sides have finished: for clients. A handler need
    /// not; its server closes what it returns from.</summary>
    public void Dispose() => CloseNow();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        CloseNow();
        return ValueTask.CompletedTask;
    }

    /// <summary>The connection as a <see cref="Stream"/>, for what needs one. Disposing it does not close the
    /// connection. Its synchronous calls work where calls block, and throw <see cref="NotSupportedException"/> where they
    /// would have to block an event loop.</summary>
    public Stream AsStream() => _stream ??= new ConnectionStream(this);

    /// <summary>Ends the receive that waits; the handler sees a <see cref="ConnectionClosedException"/>, and can still
    /// write.</summary>
    internal void Interrupt(CloseReason reason)
    {
        Interlocked.CompareExchange(ref _endedBy, (int)reason, (int)CloseReason.None);
        _transport.StopReceiving();
    }

    /// <summary>Ends the wait between two messages, now or when it begins.</summary>
    internal void Stop()
    {
        _stopping = true;
        if (Interlocked.CompareExchange(ref _rest, RestEnded, AtRest) == AtRest)
            _transport.StopReceiving();
    }

    /// <summary>The orderly end: what was written arrives, because the peer is read to its own end, within bounds,
    /// before the socket is closed.</summary>
    internal async ValueTask CloseAsync(TimeSpan linger)
    {
        try
        {
            // After an interrupt too: .NET resets what it closes while another thread uses it, as the heartbeat may still,
            // unless it was told of an end; and the handler's last word would be lost.
            if (!PeerHasFinished && !_aborted)
            {
                _transport.FinishSending();
                await DiscardInputAsync(Deadline.After(linger));
            }
        }
        catch (Exception e) when (IsBroken(e) || e is ConnectionClosedException or ProtocolException)
        {
            // It ended in another way meanwhile.
        }
        finally
        {
            ReturnBuffer();
            _transport.Close();
        }
    }

    internal void CloseNow()
    {
        ReturnBuffer();
        _transport.Close();
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> WaitAtRestAsync(Deadline deadline)
    {
        Volatile.Write(ref _rest, AtRest);
        // The stop may have come just before: it has not seen us rest, so we look ourselves.
        if (_stopping && Interlocked.CompareExchange(ref _rest, RestEnded, AtRest) == AtRest)
            return InputState.Stopping;
        int filled = await FillAsync(deadline);
        if (Interlocked.CompareExchange(ref _rest, Busy, AtRest) == RestEnded)
            return InputState.Stopping;
        return filled switch
        {
            > 0 => InputState.Ready,
            0 => InputState.Finished,
            _ => InputState.TimedOut,
        };
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>?> ReadLineLaterAsync(int limit)
    {
        while (true)
        {
            if (await FillAsync(Deadline.None) == 0)
                return _end == _start ? null : throw Truncated("a line");
            if (TryTakeLine(limit, out ReadOnlyMemory<byte> line))
                return line;
        }
    }

    private bool TryTakeLine(int limit, out ReadOnlyMemory<byte> line)
    {
        ReadOnlySpan<byte> buffered = _buffer.AsSpan(_start, _end - _start);
        int length = buffered.IndexOf((byte)'\n');
        if (length >= limit || (length < 0 && buffered.Length >= limit))
            throw new ProtocolException($"a line is at most {limit} bytes");
        line = length < 0 ? default : Take(length + 1)[..length];
        return length >= 0;
    }

    /// <summary>Receives more bytes behind those in the buffer.</summary>
    /// <returns>Bytes that came; 0 when the peer has finished; -1 when the deadline passed.</returns>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<int> FillAsync(Deadline deadline)
    {
        if (PeerHasFinished)
            return 0;
        if (_start == _end)
            ReturnBuffer();
        _receiving = true;
        try
        {
            if (!await _transport.WaitToReceiveAsync(deadline))
                return -1;
            MakeRoom();
            int received = await _transport.ReceiveAsync(_buffer.AsMemory(_end));
            if (received == _buffer!.Length - _end)
                _bufferBytes = Math.Min(2 * _buffer.Length, LargestBufferBytes);
            _end += received;
            return Received(received);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _receiving = false;
        }
    }

    /// <summary>Receives straight into the caller's buffer.</summary>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (PeerHasFinished)
            return 0;
        ReturnBuffer();
        _receiving = true;
        try
        {
            return Received(await _transport.ReceiveAsync(buffer));
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _receiving = false;
        }
    }

    private int ReceiveIntoPipe()
    {
        _receiving = true;
        try
        {
            return Received(_transport.ReceiveIntoPipe());
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _receiving = false;
        }
    }

    private int Received(int count)
    {
        if (count == 0)
        {
            if (EndedBy != CloseReason.None)
                throw Closed(null);
            PeerHasFinished = Volatile.Read(ref _rest) != RestEnded;
        }
        else if (BytesReceived > _byteLimit)
        {
            throw new ProtocolException($"at most {_byteLimit} bytes may be sent", CloseReason.ByteLimit);
        }
        return count;
    }

    [AsyncMethodBuilder(typeof(RecyclingVoidBuilder))]
    private async ValueTask FinishSendAsync(ValueTask send)
    {
        try
        {
            await send;
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _sending = false;
        }
    }

    private async ValueTask DiscardInputAsync(Deadline deadline)
    {
        byte[] discarded = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            _end = _start;
            while (!deadline.HasPassed
                && await _transport.WaitToReceiveAsync(deadline)
                && await _transport.ReceiveAsync(discarded) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(discarded);
        }
    }

    /// <summary>Takes bytes out of the buffer; they stay valid until the next read.</summary>
    private ReadOnlyMemory<byte> Take(int count)
    {
        ReadOnlyMemory<byte> taken = _buffer.AsMemory(_start, count);
        _start += count;
        return taken;
    }

    private void MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(_bufferBytes);
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            byte[] old = _buffer;
            byte[] target = _start > 0 ? old : ArrayPool<byte>.Shared.Rent(2 * old.Length);
            old.AsSpan(_start, _end - _start).CopyTo(target);
            _end -= _start;
            _start = 0;
            _buffer = target;
            if (target != old)
                ArrayPool<byte>.Shared.Return(old);
        }
    }

    private void ReturnBuffer()
    {
        byte[]? buffer = _buffer;
        _buffer = null;
        _start = _end = 0;
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private ConnectionClosedException Closed(Exception? cause) =>
        new(EndedBy == CloseReason.None ? CloseReason.PeerReset : EndedBy, cause);

    private static bool IsBroken(Exception e) => e is SocketException or ObjectDisposedException;

    private static ProtocolException Truncated(string what) =>
        new($"the peer finished in the middle of {what}", CloseReason.Truncated);
}
