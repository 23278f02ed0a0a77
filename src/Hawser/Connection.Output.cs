using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.Versioning;
using Hawser.Native;
using Hawser.Pipelines;
using Hawser.Transports;
using Microsoft.Win32.SafeHandles;

namespace Hawser;

/// <content>Buffered writes, files, pipes and layers.</content>
public sealed partial class Connection
{
    private const int PipeCopyBytes = 256 * 1024;

    private ConnectionWriter? _output;
    private ConnectionPipe? _pipe;
    private long _layeringSince;
    private bool _isPipeReading;
    private int _pipeReadCancelled;
    private int _flushCancelled;

    /// <summary>A buffer for writes that are sent together by <see cref="PipeWriter.FlushAsync"/>: sixteen answers cost
    /// one system call. Every later write of the connection flushes it first; so do <see cref="FinishWritingAsync"/>
    /// and the end of the handler.</summary>
    /// <remarks>A flush completes when the kernel has accepted the last byte. A cancelled flush keeps the unsent bytes
    /// for the next. Memory from <see cref="PipeWriter.GetMemory"/> is valid until the next call that gets memory,
    /// writes or flushes; during a flush, do not write. A flush of a connection that was reset, timed out, aborted or
    /// closed throws <see cref="ConnectionClosedException"/>.</remarks>
    public PipeWriter Output =>
        _output ?? Interlocked.CompareExchange(ref _output, new ConnectionWriter(this), null) ?? _output;

    /// <summary>The connection as a pipe. Its input completes when the peer finishes. Completing either side does not
    /// close the connection.</summary>
    /// <remarks>A stop of the server while nothing is buffered cancels one read (<see cref="ReadResult.IsCanceled"/>):
    /// between two messages, the handler should return; within one, it should read on. A <see cref="ReadResult"/> is
    /// valid until <see cref="PipeReader.AdvanceTo(SequencePosition)"/>; do not read the connection in other ways
    /// before that.</remarks>
    public IDuplexPipe AsDuplexPipe() =>
        _pipe ?? Interlocked.CompareExchange(ref _pipe, new ConnectionPipe(this), null) ?? _pipe;

    /// <summary>Sends <paramref name="count"/> bytes of a file, within the kernel where possible.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="offset">The position of the first byte.</param>
    /// <param name="count">Bytes to send.</param>
    /// <param name="cancel">Ends the wait; <see cref="BytesSent"/> counts the sent bytes.</param>
    /// <exception cref="EndOfStreamException">The file is too short; its bytes were sent.</exception>
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
            _requests.Answer(_scope.Metrics);
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

    /// <summary>Sends available bytes of a pipe, at least one. On blocking transports they stay within the kernel
    /// (splice(2)).</summary>
    /// <param name="pipe">Open for reading. Blocks the calling thread while the pipe is empty.</param>
    /// <returns>Bytes sent; 0 at the end of the pipe.</returns>
    /// <exception cref="IOException">The pipe cannot be read.</exception>
    [SupportedOSPlatform("linux")]
    public async ValueTask<long> SendPieceOfPipeAsync(SafeFileHandle pipe)
    {
        if (!_transport.CanSendPipe)
            return await CopyPieceOfPipeAsync(pipe);
        await FlushOutputAsync(CancellationToken.None);
        BeginSending();
        try
        {
            long sent = Transport.NotReady;
            while (sent < 0)
                sent = _transport.SendPipe(pipe);
            return sent;
        }
        catch (Exception e) when (IsBroken(e) && !pipe.IsClosed)
        {
            throw Closed(e);
        }
        finally
        {
            _sending = false;
        }
    }

    /// <summary>Adds layers, the first one next to the wire. The server's limits treat this as waiting for the first
    /// byte.</summary>
    internal async ValueTask AddLayersAsync(
        IEnumerable<Func<Transport, CancellationToken, ValueTask<Transport>>> layers)
    {
        HasAllLayers = false;
        Volatile.Write(ref _layeringSince, Math.Max(1, _scope.Clock.Now));
        try
        {
            foreach (Func<Transport, CancellationToken, ValueTask<Transport>> layer in layers)
            {
                _transport.Metrics = _scope.Metrics;
                Transport above = await layer(_transport, AbortedToken)
                    ?? throw new InvalidOperationException("a layer returned no transport");
                above.Clock = _scope.Clock;
                _transport = above;
                ThrowIfOver(CancellationToken.None);
            }
            HasAllLayers = true;
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            Volatile.Write(ref _layeringSince, 0);
        }
    }

    [SupportedOSPlatform("linux")]
    private async ValueTask<long> CopyPieceOfPipeAsync(SafeFileHandle pipe)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PipeCopyBytes);
        try
        {
            int read = Libc.ReadPipe(pipe, buffer);
            await WriteAsync(buffer.AsMemory(0, read));
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal async ValueTask FlushOutputAsync(CancellationToken cancel)
    {
        while (_output is { Count: > 0 } output && (await output.FlushAsync(cancel)).IsCanceled)
        {
        }
    }

    /// <summary>Lets the close alone finish the stream: one system call less for each connection that the peer
    /// ends.</summary>
    /// <returns>False if the peer has not finished, or the close might reset the stream.</returns>
    internal bool TryFinishByClosing() =>
        PeerHasFinished && !_receiving && !_isWatched && _transport.TryFinishByClosing();

    /// <summary>A layer holds bytes that count as sent.</summary>
    internal bool HasUnsent => _transport.HasUnsent;

    /// <summary>Receives bytes behind the buffered ones. <see cref="CancelPipeRead"/> ends it.</summary>
    /// <param name="tellsStop">A stop ends the wait while nothing is buffered.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async ValueTask<InputState> ReadMoreAsync(bool tellsStop, CancellationToken cancel)
    {
        _isPipeReading = true;
        try
        {
            return await FillAsync(Deadline.None, atRest: tellsStop && _received.IsEmpty, cancel);
        }
        finally
        {
            _isPipeReading = false;
        }
    }

    /// <summary>Removes bytes from the front of the buffer.</summary>
    internal void Skip(int count) => _received.Take(count);

    /// <summary>Ends the pending read of the pipe, or else its next one. Thread-safe.</summary>
    internal void CancelPipeRead()
    {
        Volatile.Write(ref _pipeReadCancelled, 1);
        _transport.Interrupt();
    }

    /// <summary>Consumes the cancellation of a pipe read.</summary>
    internal bool TakePipeReadCancel() => TakeCancel(ref _pipeReadCancelled);

    /// <summary>Ends the pending flush, or else the next one. Thread-safe.</summary>
    internal void CancelFlush()
    {
        Volatile.Write(ref _flushCancelled, 1);
        _transport.Interrupt();
    }

    /// <summary>Consumes the cancellation of a flush.</summary>
    internal bool TakeFlushCancel() => TakeCancel(ref _flushCancelled);

    private static bool TakeCancel(ref int cancelled) =>
        Volatile.Read(ref cancelled) != 0 && Interlocked.Exchange(ref cancelled, 0) != 0;
}
