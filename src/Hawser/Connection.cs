using System.Net;
using System.Runtime.CompilerServices;
using Hawser.Recycling;
using Hawser.Transports;
using Microsoft.Win32.SafeHandles;

namespace Hawser;

/// <summary>A conversation with one peer: buffered reads, whole writes, an orderly end.</summary>
/// <remarks>
/// One read and one write may be pending at a time, from any thread (<see cref="DuplexAsync"/>). What ends a call, the
/// same for all of them:
/// <list type="table">
/// <item><term>the peer finishes</term><description>Reads return nothing: empty, 0, null, false or
/// <see cref="InputState.Finished"/>. Writes go on.</description></item>
/// <item><term>a deadline passes</term><description><see cref="InputState.TimedOut"/>; what came stays to be
/// read.</description></item>
/// <item><term>its token is cancelled</term><description><see cref="OperationCanceledException"/>. No received byte is
/// lost, <see cref="BytesSent"/> counts what was sent, and the connection lives.</description></item>
/// <item><term>the peer resets, a limit or timeout strikes, somebody aborts or closes the
/// connection</term><description><see cref="ConnectionClosedException"/>, whose reason says which.</description></item>
/// </list>
/// A buffer is held only while it has bytes.
/// </remarks>
public sealed partial class Connection : IAsyncDisposable, IDisposable
{
    private volatile Transport _transport;
    private readonly ConnectionScope _scope;
    private ReceiveBuffer _received = new();
    private int _endedBy;
    private volatile bool _stopping;
    private volatile bool _receiving;
    private volatile bool _sending;
    private volatile bool _isDisposed;
    private ConnectionStream? _stream;

    /// <summary>A connection without a server, over any transport: for tests of a handler, for clients, for a layer
    /// that reads a header. No limit holds for it.</summary>
    /// <param name="transport">Open. It belongs to the connection; a layer that only looks does not dispose of
    /// it.</param>
    /// <param name="time">The clock of <see cref="Time"/>; null for the system's.</param>
    public Connection(Transport transport, TimeProvider? time = null)
        : this(id: 0, transport, ConnectionScope.ForClient(time ?? TimeProvider.System))
    {
    }

    internal Connection(long id, Transport transport, ConnectionScope scope)
    {
        ArgumentNullException.ThrowIfNull(transport);
        Id = id;
        _transport = transport;
        _scope = scope;
    }

    /// <summary>Counts the connections of a server from 1, in the order of acceptance; 0 for a client's.</summary>
    public long Id { get; }

    /// <summary>This end; null where the transport has no address.</summary>
    public EndPoint? LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>The peer; null where the transport has no address.</summary>
    public EndPoint? RemoteEndPoint => _transport.RemoteEndPoint;

    /// <summary>What layers and the handler have attached to the connection.</summary>
    public Features Features => _transport.Features;

    /// <summary>The server's clock, on which its timeouts count.</summary>
    public TimeProvider Time => _scope.Time;

    /// <summary>Bytes received so far, those still in the buffer included.</summary>
    public long BytesReceived => _transport.BytesReceived;

    /// <summary>Bytes that the kernel has taken so far.</summary>
    public long BytesSent => _transport.BytesSent;

    /// <summary>What has come and was not read yet; valid until the next call that reads or waits for input.</summary>
    public ReadOnlyMemory<byte> Buffered => _received.Content;

    /// <summary>Bytes sent that the peer's system has acknowledged (TCP on Linux), or as much as a layer can tell;
    /// elsewhere those sent.</summary>
    public long BytesAcknowledged => _transport.BytesAcknowledged;

    /// <summary>Its calls block the calling thread: other things that block there hold up this connection and no other.
    /// For a handler to save a thread by, not to do anything else by.</summary>
    public bool BlocksItsThread => _transport.BlocksItsThread;

    /// <summary>The peer has finished, and all it sent has been read off the wire.</summary>
    public bool PeerHasFinished { get; private set; }

    /// <summary>What ended the connection from outside; <see cref="CloseReason.None"/> while nothing has.</summary>
    internal CloseReason EndedBy => (CloseReason)Volatile.Read(ref _endedBy);

    /// <summary>What ended it, if anything has, leaves the stream as it is: what was written arrives.</summary>
    internal bool EndsInOrder => EndedBy
        is CloseReason.None or CloseReason.FirstByteTimeout or CloseReason.IdleTimeout or CloseReason.ServerStopping;

    /// <summary>Its transport was closed, and did not throw.</summary>
    internal bool IsClosed { get; private set; }

    internal Transport Transport => _transport;

    /// <summary>Since when its layers are being put over it, by the server's clock; 0 when they are not.</summary>
    internal long LayeringSince => Volatile.Read(ref _layeringSince);

    /// <summary>The heartbeat watches it no longer.</summary>
    internal bool IsForgotten { get; set; }

    internal bool IsReceiving => _receiving;
    internal bool IsSending => _sending;

    /// <summary>Waits until there is something to read, and reads nothing: the place between two messages. What was read
    /// before is no longer valid.</summary>
    /// <param name="deadline">When to give up; kept to a millisecond, under every model.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns><see cref="InputState.Stopping"/> only from here, and only if nothing has come: a stop of the server
    /// ends a conversation between messages, never inside of one.</returns>
    public ValueTask<InputState> WaitForInputAsync(Deadline deadline = default, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_received.IsEmpty)
            return new ValueTask<InputState>(InputState.Ready);
        return FillAsync(deadline, atRest: true, cancel);
    }

    /// <summary>Waits until so many bytes are <see cref="Buffered"/>: a message of known length, whole, with a deadline
    /// that also holds for a peer that stalls in the middle of it.</summary>
    /// <param name="count">Bytes, from 1 on.</param>
    /// <param name="deadline">When to give up; what came by then stays to be read, and the wait can be begun
    /// anew.</param>
    /// <param name="cancel">Ends the wait in the same way.</param>
    /// <returns>As for <see cref="WaitForInputAsync(Deadline, CancellationToken)"/>; <see cref="InputState.Finished"/>
    /// and <see cref="InputState.Stopping"/> only while nothing is buffered.</returns>
    /// <exception cref="ProtocolException">The peer finished in the middle of it.</exception>
    public ValueTask<InputState> WaitForInputAsync(
        int count, Deadline deadline = default, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        cancel.ThrowIfCancellationRequested();
        return _received.Count >= count
            ? new ValueTask<InputState>(InputState.Ready)
            : WaitForWholeAsync(count, deadline, cancel);
    }

    /// <summary>Reads what there is, at least a byte; empty when the peer has finished. No buffer is held while it
    /// waits; a peer that fills the buffer gets a larger one next time, up to 256 KiB, while the memory that all
    /// connections share for this lasts.</summary>
    /// <returns>Bytes that stay valid until the next call that reads or waits for input.</returns>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        if (_received.IsEmpty)
            await FillAsync(Deadline.None, atRest: false, cancel);
        return _received.Take(_received.Count);
    }

    /// <summary>Reads what there is into a buffer, at least a byte; 0 when the peer has finished.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        if (_received.IsEmpty && !buffer.IsEmpty)
            return ReceivePastAsync(ReceiveTarget.Memory, buffer, cancel);
        int count = Math.Min(buffer.Length, _received.Count);
        _received.Take(count).CopyTo(buffer);
        return new ValueTask<int>(count);
    }

    /// <summary>Reads up to the next line feed.</summary>
    /// <param name="limit">Bytes that a line may have, its line feed included.</param>
    /// <param name="cancel">Ends the wait; what came of the line by then stays to be read.</param>
    /// <returns>The line without its line feed, valid until the next call that reads or waits for input; null when the peer
    /// has finished.</returns>
    /// <exception cref="ProtocolException">The line is longer, or the peer finished in the middle of it.</exception>
    public ValueTask<ReadOnlyMemory<byte>?> TryReadLineAsync(int limit, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancel.ThrowIfCancellationRequested();
        return TryTakeLine(limit, searched: 0, out ReadOnlyMemory<byte> line)
            ? new ValueTask<ReadOnlyMemory<byte>?>(line)
            : ReadLineLaterAsync(limit, cancel);
    }

    /// <summary>Takes the next line if all of it is <see cref="Buffered"/>. Never waits: for protocols that answer together
    /// what came together.</summary>
    /// <param name="limit">Bytes that a line may have, its line feed included.</param>
    /// <param name="line">The line without its line feed, valid until the next call that waits for input.</param>
    /// <exception cref="ProtocolException">The line is longer.</exception>
    public bool TryTakeLine(int limit, out ReadOnlyMemory<byte> line) => TryTakeLine(limit, searched: 0, out line);

    /// <summary>Writes all of it; done when the kernel has the last byte. A peer that does not read makes this wait:
    /// that is the back-pressure.</summary>
    /// <param name="data">The bytes; not to be changed until it is done.</param>
    /// <param name="cancel">Ends the wait. The kernel may have taken a part: <see cref="BytesSent"/> counts it.</param>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancel = default) =>
        _output is { Count: > 0 } ? FlushAndSendAsync(data, cancel) : SendAsync(data, cancel);

    /// <summary>Sends past <see cref="Output"/>.</summary>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        if (cancel.CanBeCanceled)
            return WriteCancellablyAsync(data, cancel);
        BeginSending();
        ValueTask<int> send;
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
            return FinishWriteAsync(data, send, default);
        int sent = send.Result;
        if (sent < data.Length || _transport.HasUnsent)
            return FinishWriteAsync(data, new ValueTask<int>(sent), default);
        _sending = false;
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends <paramref name="count"/> bytes of a file, by the kernel alone where it can.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="offset">Of the first byte.</param>
    /// <param name="count">Bytes.</param>
    /// <param name="cancel">Ends the wait; <see cref="BytesSent"/> counts what went out.</param>
    /// <exception cref="EndOfStreamException">The file is shorter; what there is was sent.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async ValueTask SendFileAsync(
        SafeFileHandle file, long offset, long count, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        await FlushOutputAsync(cancel);
        using CancellationTokenRegistration interrupt = InterruptOn(cancel);
        BeginSending();
        try
        {
            for (long sent = 0; sent < count;)
            {
                cancel.ThrowIfCancellationRequested();
                sent += await _transport.SendFileAsync(file, offset + sent, count - sent);
            }
            while (_transport.HasUnsent)
            {
                cancel.ThrowIfCancellationRequested();
                await _transport.SendUnsentAsync();
            }
        }
        catch (Exception e) when (IsBroken(e) && !file.IsClosed)
        {
            throw Closed(e);
        }
        finally
        {
            _sending = false;
        }
    }

    /// <summary>Half-close: tells the peer, after what was written, that nothing more will come. Reading goes
    /// on.</summary>
    /// <param name="cancel">Ends the wait for what <see cref="Output"/> holds to leave.</param>
    public async ValueTask FinishWritingAsync(CancellationToken cancel = default)
    {
        await FlushOutputAsync(cancel);
        BeginSending();
        try
        {
            await _transport.FinishSendingAsync();
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

    /// <summary>From now on any end that comes before <see cref="FinishWritingAsync"/> is a reset, even if this process is
    /// killed: half of something does not look like the whole of it. Over TCP; other streams do not know a
    /// reset.</summary>
    public void ResetUnlessFinished() => _transport.ResetUnlessFinished();

    /// <summary>Closes at once, for clients. The peer reads the end of the stream; or a reset if there is input that was
    /// not read, after an abort, and after <see cref="ResetUnlessFinished"/>. What <see cref="Output"/> holds is lost.
    /// A call that waits throws <see cref="ConnectionClosedException"/>. Handlers return instead.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        // An abort on another thread may be about to reset the stream: it must not look like an orderly end.
        if (!EndsInOrder)
            _transport.Abort();
        _transport.Close();
        IsClosed = true;
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The connection as a <see cref="Stream"/>, for what needs one. Disposing it does not close the
    /// connection. Its synchronous calls work where calls block, and elsewhere throw
    /// <see cref="NotSupportedException"/>, because they would have to block the thread of other connections.</summary>
    public Stream AsStream() => _stream ??= new ConnectionStream(this);

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> WaitForWholeAsync(int count, Deadline deadline, CancellationToken cancel)
    {
        InputState state = await WaitForInputAsync(deadline, cancel);
        while (state == InputState.Ready && _received.Count < count)
        {
            state = await FillAsync(deadline, atRest: false, cancel);
            if (state == InputState.Finished)
                throw ProtocolException.Truncated($"{_received.Count} of {count} bytes");
        }
        return state;
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>?> ReadLineLaterAsync(int limit, CancellationToken cancel)
    {
        while (true)
        {
            int searched = _received.Count;
            if (await FillAsync(Deadline.None, atRest: false, cancel) == InputState.Finished)
                return _received.IsEmpty ? null : throw ProtocolException.Truncated("a line");
            if (TryTakeLine(limit, searched, out ReadOnlyMemory<byte> line))
                return line;
        }
    }

    /// <param name="limit">Bytes that a line may have.</param>
    /// <param name="searched">Bytes at the front that are known to have no line feed.</param>
    /// <param name="line">The line.</param>
    private bool TryTakeLine(int limit, int searched, out ReadOnlyMemory<byte> line)
    {
        ReadOnlySpan<byte> buffered = _received.Content.Span;
        int found = buffered[searched..].IndexOf((byte)'\n');
        int length = found < 0 ? found : searched + found;
        if (length >= limit || (length < 0 && buffered.Length >= limit))
            throw new ProtocolException($"a line is at most {limit} bytes");
        line = length < 0 ? default : _received.Take(length + 1)[..length];
        return length >= 0;
    }

    [AsyncMethodBuilder(typeof(RecyclingVoidBuilder))]
    private async ValueTask FlushAndSendAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await FlushOutputAsync(cancel);
        await SendAsync(data, cancel);
    }

    [AsyncMethodBuilder(typeof(RecyclingVoidBuilder))]
    private async ValueTask WriteCancellablyAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using CancellationTokenRegistration interrupt = InterruptOn(cancel);
        BeginSending();
        await FinishWriteAsync(data, new ValueTask<int>(0), cancel);
    }

    [AsyncMethodBuilder(typeof(RecyclingVoidBuilder))]
    private async ValueTask FinishWriteAsync(ReadOnlyMemory<byte> data, ValueTask<int> send, CancellationToken cancel)
    {
        try
        {
            data = data[await send..];
            while (!data.IsEmpty || _transport.HasUnsent)
            {
                if (_output is { IsFlushing: true } && TakeFlushCancel())
                    throw new OperationCanceledException();
                cancel.ThrowIfCancellationRequested();
                if (data.IsEmpty)
                    await _transport.SendUnsentAsync();
                else
                    data = data[await _transport.SendAsync(data)..];
            }
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

    private void BeginSending()
    {
        if (!_receiving)
            _transport.BeginWait();
        _sending = true;
    }
}
