using System.Buffers;
using System.IO.Pipelines;

namespace Hawser.Pipelines;

/// <summary>A connection's input as a <see cref="PipeReader"/>, using the connection's buffer.</summary>
internal sealed class ConnectionReader(Connection connection) : PipeReader
{
    private ReadOnlySequence<byte> _last;
    private long _examined;
    private bool _hasToldStop;

    public override bool TryRead(out ReadResult result)
    {
        bool isCanceled = connection.TakePipeReadCancel();
        result = isCanceled || HasNews ? Result(isCanceled) : default;
        return isCanceled || HasNews;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (connection.TakePipeReadCancel())
            return Result(isCanceled: true);
        if (HasNews)
            return Result(isCanceled: false);
        try
        {
            InputState state = await connection.ReadMoreAsync(tellsStop: !_hasToldStop, cancellationToken);
            // Told once: the connection does not know whether a message is half consumed, but the handler does.
            _hasToldStop |= state == InputState.Stopping;
            return Result(isCanceled: state == InputState.Stopping);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Result(isCanceled: true);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        int taken = (int)_last.Slice(0, consumed).Length;
        int seen = (int)_last.Slice(0, examined).Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(seen, taken, nameof(examined));
        _examined = connection.BytesReceived - connection.Buffered.Length + seen;
        connection.Skip(taken);
        _last = default;
    }

    public override void CancelPendingRead() => connection.CancelPipeRead();

    /// <summary>The connection stays open; unconsumed bytes stay readable.</summary>
    public override void Complete(Exception? exception = null) => _last = default;

    /// <summary>The reader has something to see: bytes after the examined position, counted from the connection's first
    /// byte, or the end.</summary>
    private bool HasNews =>
        (!connection.Buffered.IsEmpty && connection.BytesReceived > _examined)
        || connection.PeerHasFinished;

    private ReadResult Result(bool isCanceled)
    {
        _last = new ReadOnlySequence<byte>(connection.Buffered);
        return new ReadResult(_last, isCanceled, isCompleted: connection.PeerHasFinished);
    }
}
