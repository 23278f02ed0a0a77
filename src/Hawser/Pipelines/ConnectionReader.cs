using System.Buffers;
using System.IO.Pipelines;

namespace Hawser.Pipelines;

/// <summary>A connection's input as a <see cref="PipeReader"/>, over the connection's own buffer.</summary>
internal sealed class ConnectionReader(Connection connection) : PipeReader
{
    private ReadOnlySequence<byte> _last;
    private int _examined;
    private bool _isStopping;

    public override bool TryRead(out ReadResult result)
    {
        if (!HasNews)
        {
            result = default;
            return false;
        }
        result = Result(isCanceled: false);
        return true;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (HasNews)
            return Result(isCanceled: false);
        try
        {
            _isStopping = await connection.ReadMoreAsync(cancellationToken) == InputState.Stopping;
            return Result(isCanceled: false);
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
        _examined = (int)_last.Slice(0, examined).Length - taken;
        ArgumentOutOfRangeException.ThrowIfNegative(_examined, nameof(examined));
        connection.Skip(taken);
        _last = default;
    }

    public override void CancelPendingRead() => connection.CancelRead();

    /// <summary>The connection goes on; what was not consumed stays to be read.</summary>
    public override void Complete(Exception? exception = null) => _last = default;

    private bool HasNews =>
        connection.Buffered.Length > _examined || connection.PeerHasFinished || _isStopping;

    private ReadResult Result(bool isCanceled)
    {
        _last = new ReadOnlySequence<byte>(connection.Buffered);
        return new ReadResult(_last, isCanceled, isCompleted: connection.PeerHasFinished || _isStopping);
    }
}
