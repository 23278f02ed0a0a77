using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Hawser.Recycling;
using Hawser.Transports;

namespace Hawser.Layers;

/// <summary>TLS over any transport. Everything waits on the connection's thread, and records are encrypted and
/// decrypted there; only the computations of the handshake may run on the thread pool.</summary>
/// <remarks>SslStream waits for nothing after the handshake: it reads whole records that have been received and writes
/// to a buffer. An idle connection holds no buffer of its own.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "disposed of by Close")]
internal sealed class TlsTransport : LayeredTransport
{
    private const int RecordBytes = 16 * 1024;

    private readonly Connection _wire;
    private readonly RecordStream _records;

    // SslStream does not guard its shutdown and disposal against a concurrent read or write.
    private readonly Lock _crypto = new();

    // The end may be sent during a pending send.
    private readonly SemaphoreSlim _sending = new(1);

    private byte[]? _plain;
    private int _start;
    private int _end;
    private bool _peerHasFinished;
    private bool _isTruncated;
    private bool _hasFinished;

    private TlsTransport(Transport inner) : base(inner)
    {
        _wire = new Connection(inner);
        _records = new RecordStream(_wire);
        Tls = new SslStream(_records, leaveInnerStreamOpen: true);
    }

    public override bool HasUnsent => _wire.Output.UnflushedBytes > 0 || base.HasUnsent;

    internal SslStream Tls { get; }

    /// <summary>Shakes hands, and disposes of everything but the inner transport on failure.</summary>
    /// <param name="inner">The transport beneath.</param>
    /// <param name="authenticate">Shakes hands.</param>
    /// <param name="cancel">Gives up.</param>
    public static async ValueTask<TlsTransport> OpenAsync(
        Transport inner, Func<SslStream, CancellationToken, Task> authenticate, CancellationToken cancel)
    {
        var transport = new TlsTransport(inner);
        try
        {
            await authenticate(transport.Tls, cancel);
            await transport._wire.Output.FlushAsync(cancel);
            return transport;
        }
        catch
        {
            await transport.SendAlertAsync(cancel);
            transport.Tls.Dispose();
            throw;
        }
    }

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline) =>
        HasInput() ? new ValueTask<bool>(true) : ReceiveRecordAsync(deadline);

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (!HasInput())
            return new ValueTask<int>(NotReady);
        int taken = Math.Min(buffer.Length, _end - _start);
        if (taken == 0)
        {
            return _peerHasFinished
                ? new ValueTask<int>(0)
                : throw new ConnectionClosedException(CloseReason.Truncated);
        }
        _plain.AsSpan(_start, taken).CopyTo(buffer.Span);
        _start += taken;
        CountReceived(taken);
        ReturnPlainIfEmpty();
        return new ValueTask<int>(taken);
    }

    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        await _sending.WaitAsync();
        try
        {
            int sent = 0;
            while (await FlushAsync() && sent < data.Length)
            {
                if (_hasFinished)
                    throw new SocketException((int)SocketError.Shutdown);
                ReadOnlyMemory<byte> record = data.Slice(sent, Math.Min(RecordBytes, data.Length - sent));
                lock (_crypto)
                    Complete(Tls.WriteAsync(record));
                sent += record.Length;
                CountSent(record.Length);
            }
            return sent;
        }
        finally
        {
            _sending.Release();
        }
    }

    public override async ValueTask SendUnsentAsync()
    {
        await _sending.WaitAsync();
        try
        {
            await FlushAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    public override void Interrupt() => _wire.Output.CancelPendingFlush();

    /// <summary>Sends close_notify, then half-closes.</summary>
    public override async ValueTask FinishSendingAsync()
    {
        await _sending.WaitAsync();
        try
        {
            if (!_hasFinished)
                Shutdown();
            _hasFinished = true;
            while (HasUnsent)
                await FlushAsync();
        }
        finally
        {
            _sending.Release();
        }
        await Inner.FinishSendingAsync();
    }

    public override void Close()
    {
        Inner.Close();
        lock (_crypto)
            Tls.Dispose();
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<bool> ReceiveRecordAsync(Deadline deadline)
    {
        do
        {
            if (!await Inner.WaitToReceiveAsync(deadline))
                return false;
            int received = await Inner.ReceiveAsync(_records.MakeRoom());
            _records.Add(Math.Max(0, received));
            _isTruncated = received == 0;
            // A part of a record is progress.
            if (received > 0)
                Inner.MoveQuietSince();
        }
        while (!HasInput());
        return true;
    }

    /// <summary>Whether a receive has a result. Decrypts records up to the first one with application data.</summary>
    private bool HasInput()
    {
        while (_end == _start && !_peerHasFinished)
        {
            if (!_records.OpenRecord())
                return _isTruncated;
            Decrypt();
        }
        return true;
    }

    private void Decrypt()
    {
        _plain ??= ArrayPool<byte>.Shared.Rent(RecordBytes);
        _start = _end = 0;
        try
        {
            lock (_crypto)
                _end = Tls.Read(_plain, 0, _plain.Length);
            // The stream beneath never ends, so this is close_notify.
            _peerHasFinished = _end == 0;
        }
        catch (RecordStream.NoRecordException)
        {
            // A session ticket or a key update.
        }
        catch (IOException e)
        {
            throw new ProtocolException($"TLS: {TlsLayer.Explain(e)}");
        }
        ReturnPlainIfEmpty();
    }

    private void ReturnPlainIfEmpty()
    {
        if (_end > _start || _plain is null)
            return;
        ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
        _plain = null;
        _start = _end = 0;
    }

    private void Shutdown()
    {
        try
        {
            lock (_crypto)
                Complete(new ValueTask(Tls.ShutdownAsync()));
        }
        catch (Exception e) when (e is not ObjectDisposedException)
        {
            // A session that has failed sends no close_notify: the peer sees a truncation.
        }
    }

    /// <returns>False after an interrupt.</returns>
    private async ValueTask<bool> FlushAsync()
    {
        try
        {
            return !(await _wire.Output.FlushAsync()).IsCanceled;
        }
        catch (ConnectionClosedException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException ?? new ObjectDisposedException(nameof(Transport)));
            throw;
        }
    }

    /// <summary>Tells the peer why the handshake failed, unless it has left.</summary>
    private async ValueTask SendAlertAsync(CancellationToken cancel)
    {
        try
        {
            await _wire.Output.FlushAsync(cancel);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The handshake's own error is reported.
        }
    }

    /// <summary>The stream beneath completes every write at once, and so does SslStream.</summary>
    private static void Complete(ValueTask call)
    {
        if (!call.IsCompleted)
            throw new InvalidOperationException("SslStream waits for a buffer");
        call.GetAwaiter().GetResult();
    }
}
