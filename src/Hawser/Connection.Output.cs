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
    private volatile bool _readCancelled;
    private volatile bool _writeCancelled;

    /// <summary>What is written here leaves together, with <see cref="PipeWriter.FlushAsync"/>: the answers to sixteen
    /// requests that came at once cost one system call. Every later write of the connection flushes it first, and so do
    /// <see cref="FinishWritingAsync"/> and the end of the handler.</summary>
    /// <remarks>A flush is done when the kernel has the last byte. One that is cancelled keeps what was not sent for the
    /// next. Memory from <see cref="PipeWriter.GetMemory"/> is valid until the next call of it or of
    /// <see cref="PipeWriter.FlushAsync"/>, during which nothing may be written. At the peer's reset, a deadline or a
    /// close a flush throws <see cref="ConnectionClosedException"/>.</remarks>
    public PipeWriter Output => _output ??= new ConnectionWriter(this);

    /// <summary>The connection as a pipe, for protocols that are written for one. Its input completes when the peer has
    /// finished, and at a stop of the server between two messages (when nothing is buffered). Completing either side
    /// does not close the connection.</summary>
    /// <remarks>A <see cref="ReadResult"/> is valid until <see cref="PipeReader.AdvanceTo(SequencePosition)"/>; do not
    /// read the connection in other ways in between.</remarks>
    public IDuplexPipe AsDuplexPipe() => _pipe ??= new ConnectionPipe(this);

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
                Transport above = await layer(_transport, AbortedToken);
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
        if (_output is { Count: > 0 } output && (await output.FlushAsync(cancel)).IsCanceled)
            throw new OperationCanceledException();
    }

    /// <summary>Waits for bytes behind those that are buffered; at rest while there are none.</summary>
    internal ValueTask<InputState> ReadMoreAsync(CancellationToken cancel) =>
        FillAsync(Deadline.None, atRest: _received.IsEmpty, cancel);

    /// <summary>Takes bytes out of the buffer.</summary>
    internal void Skip(int count) => _received.Take(count);

    /// <summary>Ends the read that waits, or else the next one that would: it throws
    /// <see cref="OperationCanceledException"/>.</summary>
    internal void CancelRead()
    {
        _readCancelled = true;
        _transport.Interrupt();
    }

    /// <summary>Ends the write that waits, or else the next one that would.</summary>
    internal void CancelWrite()
    {
        _writeCancelled = true;
        _transport.Interrupt();
    }
}
