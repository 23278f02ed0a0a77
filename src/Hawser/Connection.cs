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
    private readonly Transport _transport;
    private readonly long _byteLimit;
    private ReceiveBuffer _received = new();
    private RestState _rest;
    private int _endedBy;
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

    /// <summary>What has come and was not read yet; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Buffered => _received.Content;

    /// <summary>Bytes sent that the peer's system has acknowledged (TCP on Linux); elsewhere those sent.</summary>
    public long BytesAcknowledged => _transport.BytesAcknowledged;

    /// <summary>Its calls block the calling thread: other things that block there hold up this connection and no other.
    /// For a handler to save a thread by, not to do anything else by.</summary>
    public bool BlocksItsThread => _transport.BlocksItsThread;

    /// <summary>The peer has finished, and all it sent has been read off the wire.</summary>
    public bool PeerHasFinished { get; private set; }

    /// <summary>What ended the connection from outside; <see cref="CloseReason.None"/> while nothing has.</summary>
    internal CloseReason EndedBy => (CloseReason)Volatile.Read(ref _endedBy);

    internal Transport Transport => _transport;

    /// <summary>The next bytes may go from the socket into the transport's pipe.</summary>
    internal bool CanUsePipe => _received.IsEmpty && !PeerHasFinished && _transport.TryUsePipe();

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
        if (!_received.IsEmpty)
            return new ValueTask<InputState>(InputState.Ready);
        if (PeerHasFinished)
            return new ValueTask<InputState>(InputState.Finished);
        return FillAsync(deadline, atRest: true);
    }

    /// <summary>Waits until so many bytes are <see cref="Buffered"/>: a message of known length, whole, with a deadline
    /// that also holds for a peer that stalls in the middle of it.</summary>
    /// <param name="count">Bytes, from 1 on.</param>
    /// <param name="deadline">When to give up; what came by then stays to be read, and the wait can be begun
    /// anew.</param>
    /// <returns>As for <see cref="WaitForInputAsync(Deadline)"/>; <see cref="InputState.Finished"/> and
    /// <see cref="InputState.Stopping"/> only while nothing is buffered.</returns>
    /// <exception cref="ProtocolException">The peer finished in the middle of it.</exception>
    public ValueTask<InputState> WaitForInputAsync(int count, Deadline deadline = default) =>
        _received.Count >= count
            ? new ValueTask<InputState>(InputState.Ready)
            : WaitForWholeAsync(count, deadline);

    /// <summary>Reads what there is, at least a byte; empty when the peer has finished. No buffer is held while it
    /// waits; a peer that fills the buffer gets a larger one next time, up to 256 KiB.</summary>
    /// <returns>Bytes that stay valid until the next read.</returns>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        if (_received.IsEmpty)
            await FillAsync(Deadline.None);
        return _received.Take(_received.Count);
    }

    /// <summary>Reads what there is into a buffer, at least a byte; 0 when the peer has finished.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (_received.IsEmpty && !buffer.IsEmpty)
            return ReceiveAsync(buffer);
        int count = Math.Min(buffer.Length, _received.Count);
        _received.Take(count).CopyTo(buffer);
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
    /// killed: half of something does not look like the whole of it. Over TCP; other streams do not know a
    /// reset.</summary>
    public void ResetUnlessFinished() => _transport.ResetUnlessFinished();

    /// <summary>Destroys the connection at once: the peer sees a reset, waiting calls throw. From any thread.</summary>
    public void Abort() => Abort(CloseReason.Aborted);

    /// <summary>Destroys the connection for a reason of the caller's: what waits throws it.</summary>
    public void Abort(CloseReason reason)
    {
        Interlocked.CompareExchange(ref _endedBy, (int)reason, (int)CloseReason.None);
        _transport.Abort();
    }

    /// <summary>Closes at once, in order as far as both sides have finished: for clients, not for handlers.</summary>
    public void Dispose()
    {
        // A receive that is still under way may write to the buffer until it is told.
        if (!_receiving)
            _received.Return();
        _transport.Close();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The connection as a <see cref="Stream"/>, for what needs one. Disposing it does not close the
    /// connection. Its synchronous calls work where calls block, and throw <see cref="NotSupportedException"/> where
    /// they would have to block an event loop.</summary>
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
        if (_rest.Stop())
            _transport.StopReceiving();
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> WaitForWholeAsync(int count, Deadline deadline)
    {
        InputState state = await WaitForInputAsync(deadline);
        while (state == InputState.Ready && _received.Count < count)
        {
            state = await FillAsync(deadline);
            if (state == InputState.Finished)
                throw ProtocolException.Truncated($"{_received.Count} of {count} bytes");
        }
        return state;
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>?> ReadLineLaterAsync(int limit)
    {
        while (true)
        {
            if (await FillAsync(Deadline.None) == InputState.Finished)
                return _received.IsEmpty ? null : throw ProtocolException.Truncated("a line");
            if (TryTakeLine(limit, out ReadOnlyMemory<byte> line))
                return line;
        }
    }

    private bool TryTakeLine(int limit, out ReadOnlyMemory<byte> line)
    {
        ReadOnlySpan<byte> buffered = _received.Content.Span;
        int length = buffered.IndexOf((byte)'\n');
        if (length >= limit || (length < 0 && buffered.Length >= limit))
            throw new ProtocolException($"a line is at most {limit} bytes");
        line = length < 0 ? default : _received.Take(length + 1)[..length];
        return length >= 0;
    }

    /// <summary>Receives more bytes behind those in the buffer.</summary>
    /// <param name="deadline">When to give up.</param>
    /// <param name="atRest">Between two messages, where a stop of the server ends the wait.</param>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> FillAsync(Deadline deadline, bool atRest = false)
    {
        if (PeerHasFinished)
            return InputState.Finished;
        if (atRest && !_rest.TryBegin())
            return InputState.Stopping;
        if (_received.IsEmpty)
            _received.Return();
        _receiving = true;
        try
        {
            if (!await _transport.WaitToReceiveAsync(deadline))
                return atRest && !_rest.TryFinish() ? InputState.Stopping : InputState.TimedOut;
            int received = await _transport.ReceiveAsync(_received.MakeRoom());
            _received.Add(received);
            Check(received);
            // What came in the moment of the stop is a message still, and deserves its answer.
            bool stopped = atRest && !_rest.TryFinish();
            if (received > 0)
                return InputState.Ready;
            return stopped ? InputState.Stopping : InputState.Finished;
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
        _received.Return();
        _receiving = true;
        try
        {
            return Check(await _transport.ReceiveAsync(buffer));
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

    /// <summary>Receives into the transport's pipe.</summary>
    internal int ReceiveIntoPipe()
    {
        _receiving = true;
        try
        {
            return Check(_transport.ReceiveIntoPipe());
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

    private int Check(int count)
    {
        if (count == 0)
        {
            if (EndedBy != CloseReason.None)
                throw Closed(null);
            PeerHasFinished = !_rest.IsEnded;
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

    private ConnectionClosedException Closed(Exception? cause)
    {
        // A call that our own close has ended says nothing of the peer.
        bool byPeer = cause is SocketException
        {
            SocketErrorCode: not (SocketError.OperationAborted or SocketError.Interrupted),
        };
        if (byPeer)
            Interlocked.CompareExchange(ref _endedBy, (int)CloseReason.PeerReset, (int)CloseReason.None);
        return new ConnectionClosedException(EndedBy == CloseReason.None ? CloseReason.Aborted : EndedBy, cause);
    }

    internal static bool IsBroken(Exception e) => e is SocketException or ObjectDisposedException;
}
