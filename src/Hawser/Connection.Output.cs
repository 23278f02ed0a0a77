using System.IO.Pipelines;
using Hawser.Pipelines;
using Hawser.Transports;

namespace Hawser;

/// <content>Buffered writes, pipes and layers.</content>
public sealed partial class Connection
{
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

    /// <summary>The connection as a pipe. Its input completes when the peer finishes, and when the server stops between
    /// two messages (nothing buffered). Completing either side does not close the connection.</summary>
    /// <remarks>A <see cref="ReadResult"/> is valid until <see cref="PipeReader.AdvanceTo(SequencePosition)"/>; do not
    /// read the connection in other ways before that.</remarks>
    public IDuplexPipe AsDuplexPipe() =>
        _pipe ?? Interlocked.CompareExchange(ref _pipe, new ConnectionPipe(this), null) ?? _pipe;

    /// <summary>Adds layers, the first one next to the wire. The server's limits treat this as waiting for the first
    /// byte.</summary>
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

    internal async ValueTask FlushOutputAsync(CancellationToken cancel)
    {
        while (_output is { Count: > 0 } output && (await output.FlushAsync(cancel)).IsCanceled)
        {
        }
    }

    /// <summary>When the peer has finished, closing alone ends the stream in order.</summary>
    internal bool CloseFinishes => _transport.CloseFinishes;

    /// <summary>A layer holds bytes that count as sent.</summary>
    internal bool HasUnsent => _transport.HasUnsent;

    /// <summary>Receives bytes behind the buffered ones; counts as between two messages while nothing is buffered.
    /// <see cref="CancelPipeRead"/> ends it.</summary>
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
