using System.Net;
using System.Runtime.CompilerServices;
using Hawser.Connections;
using Hawser.Recycling;
using Hawser.Transports;

namespace Hawser;

/// <summary>A conversation with one peer: buffered reads, whole writes, orderly close.</summary>
/// <remarks>
/// One read and one write may be pending at a time, from any thread (<see cref="DuplexAsync"/>). These events end a
/// call:
/// <list type="table">
/// <item><term>the peer finishes</term><description>Reads return nothing: empty, 0, null, false or
/// <see cref="InputState.Finished"/>. Writes continue.</description></item>
/// <item><term>a deadline passes</term><description><see cref="InputState.TimedOut"/>; received bytes stay
/// readable.</description></item>
/// <item><term>the call's token is cancelled</term><description><see cref="OperationCanceledException"/>. No received
/// byte is lost, <see cref="BytesSent"/> counts the sent ones, and the connection stays usable.</description></item>
/// <item><term>the peer resets, a limit or timeout strikes, the connection is aborted or
/// closed</term><description><see cref="ConnectionClosedException"/> with the reason.</description></item>
/// </list>
/// A connection holds a buffer only while it has unread bytes.
/// </remarks>
public sealed partial class Connection : IAsyncDisposable, IDisposable
{
    private volatile Transport _transport;
    private readonly ConnectionScope _scope;
    private ReceiveBuffer _received = new();
    private RequestTimer _requests;
    private int _endedBy;
    private volatile bool _stopping;
    private volatile bool _receiving;
    private volatile bool _sending;
    private volatile bool _finishing;
    private volatile bool _isDisposed;
    private ConnectionStream? _stream;

    /// <summary>Creates a connection without a server or limits over any transport: for tests of a handler, for
    /// clients, and for layers that read a header.</summary>
    /// <param name="transport">Open. The connection owns it; a layer that only reads ahead does not dispose the
    /// connection.</param>
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

    /// <summary>The number of the connection, from 1 in the order of acceptance; 0 for a client's.</summary>
    public long Id { get; }

    /// <summary>The local address; null if the transport has none.</summary>
    public EndPoint? LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>The peer's address; null if the transport has none.</summary>
    public EndPoint? RemoteEndPoint => _transport.RemoteEndPoint;

    /// <summary>Objects that layers and the handler have attached.</summary>
    public Features Features => _transport.Features;

    /// <summary>The clock of the server's timeouts.</summary>
    public TimeProvider Time => _scope.Time;

    /// <summary>Bytes received so far, including buffered ones.</summary>
    public long BytesReceived => _transport.BytesReceived;

    /// <summary>Bytes that the kernel has accepted so far.</summary>
    public long BytesSent => _transport.BytesSent;

    /// <summary>Received but unread bytes; valid until the next call that reads or waits for input.</summary>
    public ReadOnlyMemory<byte> Buffered => _received.Content;

    /// <summary>Sent bytes that the peer's system has acknowledged (TCP on Linux), or as many as a layer knows of;
    /// elsewhere the sent bytes.</summary>
    public long BytesAcknowledged => _transport.BytesAcknowledged;

    /// <summary>Calls block the calling thread, so other blocking work there delays only this connection. Use it to
    /// save a thread, not to change behaviour.</summary>
    public bool BlocksItsThread => _transport.BlocksItsThread;

    /// <summary>The peer has finished, and all its bytes were received.</summary>
    public bool PeerHasFinished { get; private set; }

    /// <summary>Why the connection ended from outside; <see cref="CloseReason.None"/> if it did not.</summary>
    internal CloseReason EndedBy => (CloseReason)Volatile.Read(ref _endedBy);

    /// <summary>The stream is intact: written bytes still arrive.</summary>
    internal bool EndsInOrder => EndedBy
        is CloseReason.None or CloseReason.FirstByteTimeout or CloseReason.IdleTimeout or CloseReason.TotalTimeout
        or CloseReason.TooSlow or CloseReason.ServerStopping;

    /// <summary>The transport was closed without an exception.</summary>
    internal bool IsClosed { get; private set; }

    internal Transport Transport => _transport;

    /// <summary>When adding layers began, by the server's clock; 0 if not in progress.</summary>
    internal long LayeringSince => Volatile.Read(ref _layeringSince);

    /// <summary>All layers are open: the bytes are those of the handler, no longer those of the wire.</summary>
    internal bool HasAllLayers { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = true;

    /// <summary>The heartbeat no longer watches it.</summary>
    internal bool IsForgotten { get; set; }

    internal bool IsReceiving => _receiving;
    internal bool IsSending => _sending || _finishing;

    /// <summary>Waits for input without reading it: the place between two messages. Invalidates bytes returned by
    /// earlier reads.</summary>
    /// <param name="deadline">When to stop waiting; kept to a millisecond under every model.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns><see cref="InputState.Stopping"/> if the server stops and no input has arrived. No other wait returns
    /// it, so a stop never ends a conversation within a message.</returns>
    public ValueTask<InputState> WaitForInputAsync(Deadline deadline = default, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_received.IsEmpty)
            return new ValueTask<InputState>(InputState.Ready);
        return FillAsync(deadline, atRest: true, cancel);
    }

    /// <summary>Waits until <paramref name="count"/> bytes are <see cref="Buffered"/>: for messages of known length,
    /// with a deadline that includes stalls within the message.</summary>
    /// <param name="count">At least 1.</param>
    /// <param name="deadline">When to stop waiting. Received bytes stay readable, and the wait can be repeated.</param>
    /// <param name="cancel">Ends the wait in the same way.</param>
    /// <returns>As for <see cref="WaitForInputAsync(Deadline, CancellationToken)"/>; <see cref="InputState.Finished"/>
    /// and <see cref="InputState.Stopping"/> only while nothing is buffered.</returns>
    /// <exception cref="ProtocolException">The peer finished within the message.</exception>
    public ValueTask<InputState> WaitForInputAsync(
        int count, Deadline deadline = default, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        cancel.ThrowIfCancellationRequested();
        return _received.Count >= count
            ? new ValueTask<InputState>(InputState.Ready)
            : WaitForWholeAsync(count, deadline, cancel);
    }

    /// <summary>Reads the available bytes, at least one; empty when the peer has finished. The wait holds no buffer. A
    /// peer that fills the buffer gets a larger one next time, up to 256 KiB, within the memory shared by all
    /// connections.</summary>
    /// <returns>Bytes, valid until the next call that reads or waits for input.</returns>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        if (_received.IsEmpty)
            await FillAsync(Deadline.None, atRest: false, cancel);
        return _received.Take(_received.Count);
    }

    /// <summary>Reads available bytes into a buffer, at least one; 0 when the peer has finished.</summary>
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
    /// <param name="limit">The maximum length of a line in bytes, including its line feed.</param>
    /// <param name="cancel">Ends the wait; received bytes stay readable.</param>
    /// <returns>The line without its line feed, valid until the next call that reads or waits for input; null when the
    /// peer has finished.</returns>
    /// <exception cref="ProtocolException">The line is too long, or the peer finished within it.</exception>
    public ValueTask<ReadOnlyMemory<byte>?> TryReadLineAsync(int limit, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancel.ThrowIfCancellationRequested();
        return TryTakeLine(limit, searched: 0, out ReadOnlyMemory<byte> line)
            ? new ValueTask<ReadOnlyMemory<byte>?>(line)
            : ReadLineLaterAsync(limit, cancel);
    }

    /// <summary>Takes the next line if it is completely <see cref="Buffered"/>; never waits. For protocols that answer
    /// a batch of requests together.</summary>
    /// <param name="limit">The maximum length of a line in bytes, including its line feed.</param>
    /// <param name="line">The line without its line feed, valid until the next call that waits for input.</param>
    /// <exception cref="ProtocolException">The line is too long.</exception>
    public bool TryTakeLine(int limit, out ReadOnlyMemory<byte> line) => TryTakeLine(limit, searched: 0, out line);

    /// <summary>Writes all bytes; completes when the kernel has accepted the last one. Waits while the peer does not
    /// read: this is the back-pressure.</summary>
    /// <param name="data">Must not change until the call completes.</param>
    /// <param name="cancel">Ends the wait. The kernel may have accepted a part, which <see cref="BytesSent"/>
    /// counts.</param>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancel = default) =>
        _output is { Count: > 0 } ? FlushAndSendAsync(data, cancel) : SendAsync(data, cancel);

    /// <summary>Sends without <see cref="Output"/>.</summary>
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
        _requests.Answer(_scope.Metrics);
        return ValueTask.CompletedTask;
    }

    /// <summary>Half-closes: the peer reads the end of the stream after the written bytes. Reading continues.</summary>
    /// <param name="cancel">Ends the wait for <see cref="Output"/> to be sent.</param>
    public async ValueTask FinishWritingAsync(CancellationToken cancel = default)
    {
        await FlushOutputAsync(cancel);
        try
        {
            if (!_receiving && !_sending)
                _transport.BeginWait();
            // A layer may have to wait for room.
            _finishing = true;
            await _transport.FinishSendingAsync();
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _finishing = false;
        }
    }

    /// <summary>Makes every end before <see cref="FinishWritingAsync"/> a reset, even if this process is killed, so
    /// that the peer cannot mistake a part for the whole. TCP only; other streams have no reset.</summary>
    public void ResetUnlessFinished() => _transport.ResetUnlessFinished();

    /// <summary>Closes at once, for clients; handlers return instead. The peer reads the end of the stream, or a reset
    /// if input is unread, after an abort, or after <see cref="ResetUnlessFinished"/>. Bytes in <see cref="Output"/>
    /// are lost. Pending calls throw <see cref="ConnectionClosedException"/>.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        // A concurrent abort may be about to reset the stream, which must not look like an orderly end.
        if (!EndsInOrder)
            _transport.Abort();
        _transport.Close();
        // Not to the pool: the caller may still hold what it read.
        _received.Leave();
        IsClosed = true;
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The connection as a <see cref="Stream"/>. Disposing it does not close the connection. Its synchronous
    /// calls require a blocking transport; elsewhere they throw <see cref="NotSupportedException"/>, because they would
    /// block other connections.</summary>
    public Stream AsStream() => _stream ??= new ConnectionStream(this);

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> WaitForWholeAsync(int count, Deadline deadline, CancellationToken cancel)
    {
        InputState state = await WaitForInputAsync(deadline, cancel);
        while (state == InputState.Ready && _received.Count < count)
        {
            state = await FillAsync(deadline, atRest: false, cancel);
            if (state == InputState.Finished)
                throw ProtocolException.Truncated($"message: {_received.Count} of {count} bytes");
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
                return _received.IsEmpty ? null : throw ProtocolException.Truncated("line");
            if (TryTakeLine(limit, searched, out ReadOnlyMemory<byte> line))
                return line;
        }
    }

    /// <param name="limit">The maximum length of a line.</param>
    /// <param name="searched">Leading bytes known to contain no line feed.</param>
    /// <param name="line">The line.</param>
    private bool TryTakeLine(int limit, int searched, out ReadOnlyMemory<byte> line)
    {
        ReadOnlySpan<byte> buffered = _received.Span;
        int found = buffered[searched..].IndexOf((byte)'\n');
        int length = found < 0 ? found : searched + found;
        if (length >= limit || (length < 0 && buffered.Length >= limit))
            throw new ProtocolException($"line longer than {limit} bytes");
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
            _requests.Answer(_scope.Metrics);
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

    /// <exception cref="InvalidOperationException">A write is pending.</exception>
    private void BeginSending()
    {
        if (_sending)
            throw TwoAtOnce("write");
        if (!_receiving)
            _transport.BeginWait();
        _sending = true;
    }
}
