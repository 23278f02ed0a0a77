using System.IO.Pipelines;
using Hawser.Pipelines;
using Hawser.Transports;

namespace Hawser;

/// <content>Writing that is collected, pipes, and layers.</content>
public sealed partial class Connection
{
    private ConnectionWriter? _output;
    private ConnectionPipe? _pipe;
    private long _layeringSince;
    private bool _isPipeReading;
    private int _pipeReadCancelled;
    private int _flushCancelled;

    /// <summary>What is written here leaves together, with <see cref="PipeWriter.FlushAsync"/>: the answers to sixteen
    /// requests that came at once cost one system call. Every later write of the connection flushes it first, and so do
    /// <see cref="FinishWritingAsync"/> and the end of the handler.</summary>
    /// <remarks>A flush is done when the kernel has the last byte. One that is cancelled keeps what was not sent for the
    /// next. Memory from <see cref="PipeWriter.GetMemory"/> is valid until the next call of it or of any that writes or
    /// flushes; while a flush is under way nothing may be written. A flush of a connection that was reset, timed out,
    /// aborted or closed throws <see cref="ConnectionClosedException"/>.</remarks>
    public PipeWriter Output =>
        _output ?? Interlocked.CompareExchange(ref _output, new ConnectionWriter(this), null) ?? _output;

    /// <summary>The connection as a pipe, for protocols that are written for one. Its input completes when the peer has
    /// finished, and at a stop of the server between two messages (when nothing is buffered). Completing either side
    /// does not close the connection.</summary>
    /// <remarks>A <see cref="ReadResult"/> is valid until <see cref="PipeReader.AdvanceTo(SequencePosition)"/>; do not
    /// read the connection in other ways in between.</remarks>
    public IDuplexPipe AsDuplexPipe() =>
        _pipe ?? Interlocked.CompareExchange(ref _pipe, new ConnectionPipe(this), null) ?? _pipe;

    /// <summary>Puts layers over the transport, the first one next to the wire. The server's limits count it as waiting
    /// for the first byte.</summary>
    internal async ValueTask AddLayersAsync(
        IEnumerable<Func<Transport, CancellationToken, ValueTask<Transport>>> layers)
    {
        Volatile.Write(ref _layeringSince, Math.Max(1, _scope.Clock.Now));
        try
        {
            foreach (Func<Transport, CancellationToken, ValueTask<Transport>> layer in layers)
            {
                Transport above = await layer(_transport, AbortedToken)
                    ?? throw new InvalidOperationException("a layer returned no transport");
                above.Clock = _scope.Clock;
                _transport = above;
                ThrowIfOver(CancellationToken.None);
            }
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

    /// <summary>Sends what <see cref="Output"/> holds.</summary>
    internal async ValueTask FlushOutputAsync(CancellationToken cancel)
    {
        while (_output is { Count: > 0 } output && (await output.FlushAsync(cancel)).IsCanceled)
        {
        }
    }

    /// <summary>When the peer has finished, closing alone ends the stream in order.</summary>
    internal bool CloseFinishes => _transport.CloseFinishes;

    /// <summary>A layer holds bytes that it has counted as sent.</summary>
    internal bool HasUnsent => _transport.HasUnsent;

    /// <summary>Waits for bytes behind those that are buffered; at rest while there are none. A call that
    /// <see cref="CancelPipeRead"/> can end.</summary>
    internal async ValueTask<InputState> ReadMoreAsync(CancellationToken cancel)
    {
        _isPipeReading = true;
        try
        {
            return await FillAsync(Deadline.None, atRest: _received.IsEmpty, cancel);
        }
        finally
        {
            _isPipeReading = false;
        }
    }

    /// <summary>Takes bytes out of the buffer.</summary>
    internal void Skip(int count) => _received.Take(count);

    /// <summary>Ends the pipe's read that waits, or else its next one. From any thread.</summary>
    internal void CancelPipeRead()
    {
        Volatile.Write(ref _pipeReadCancelled, 1);
        _transport.Interrupt();
    }

    /// <summary>Whether the pipe's read was cancelled; that is then forgotten.</summary>
    internal bool TakePipeReadCancel() => TakeCancel(ref _pipeReadCancelled);

    /// <summary>Ends the flush that waits, or else the next one. From any thread.</summary>
    internal void CancelFlush()
    {
        Volatile.Write(ref _flushCancelled, 1);
        _transport.Interrupt();
    }

    /// <summary>Whether the flush was cancelled; that is then forgotten.</summary>
    internal bool TakeFlushCancel() => TakeCancel(ref _flushCancelled);

    private static bool TakeCancel(ref int cancelled) =>
        Volatile.Read(ref cancelled) != 0 && Interlocked.Exchange(ref cancelled, 0) != 0;
}
