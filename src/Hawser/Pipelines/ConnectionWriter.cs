using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hawser.Recycling;

namespace Hawser.Pipelines;

/// <summary>Collects writes to a connection and sends them together. Holds memory only while bytes are
/// unsent.</summary>
internal sealed class ConnectionWriter(Connection connection) : PipeWriter
{
    private const int FirstBytes = 4096;

    private byte[]? _bytes;
    private int _count;

    /// <summary>The connection's pending write belongs to a flush.</summary>
    public bool IsFlushing { get; private set; }

    public int Count => _count;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _count;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _bytes.AsMemory(_count);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _bytes.AsSpan(_count);
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_bytes?.Length ?? 0) - _count);
        _count += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_count == 0 && !connection.HasUnsent)
            return default;
        if (connection.TakeFlushCancel())
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, isCompleted: false));
        if (IsFlushing)
            throw new InvalidOperationException("a flush is in progress; await it");
        IsFlushing = true;
        long sentBefore = connection.BytesSent;
        ValueTask send;
        try
        {
            send = connection.SendAsync(_bytes.AsMemory(0, _count), cancellationToken);
        }
        catch
        {
            IsFlushing = false;
            throw;
        }
        if (!send.IsCompletedSuccessfully)
            return FinishFlushAsync(send, sentBefore, cancellationToken);
        Forget(_count);
        return default;
    }

    public override void CancelPendingFlush() => connection.CancelFlush();

    /// <summary>The connection stays open. Unflushed bytes are sent with the next write or at the end; after an error
    /// they are dropped.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null)
            Return();
    }

    /// <summary>Returns the memory, unless a send may still read it.</summary>
    public void Return()
    {
        if (!IsFlushing)
            Forget(_count);
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<FlushResult> FinishFlushAsync(
        ValueTask send, long sentBefore, CancellationToken cancellationToken)
    {
        try
        {
            await send;
            Forget(_count);
            return default;
        }
        catch (OperationCanceledException)
        {
            // The next flush continues here.
            Forget((int)(connection.BytesSent - sentBefore));
            if (cancellationToken.IsCancellationRequested)
                throw;
            return new FlushResult(isCanceled: true, isCompleted: false);
        }
        finally
        {
            IsFlushing = false;
        }
    }

    private void MakeRoom(int bytes)
    {
        if (IsFlushing)
            throw new InvalidOperationException("the buffer is being flushed; await the flush");
        if (_bytes is not null && _bytes.Length - _count >= bytes)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, 2 * _count + bytes));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    private void Forget(int sent)
    {
        IsFlushing = false;
        _bytes.AsSpan(sent, _count - sent).CopyTo(_bytes);
        _count -= sent;
        if (_count > 0 || _bytes is null)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
    }
}
