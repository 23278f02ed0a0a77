namespace Hawser.Transports;

/// <summary>One direction of a shaped connection: takes tokens from its own bucket, then from the server's. One take at
/// a time.</summary>
/// <param name="own">The connection's bucket; null without a limit.</param>
/// <param name="shared">The bucket of all connections; null without a limit.</param>
/// <param name="mayBlock">Block the calling thread instead of awaiting.</param>
internal sealed class ShapedDirection(TokenBucket? own, TokenBucket? shared, bool mayBlock)
{
    private readonly Lock _gate = new();
    private TokenBucket? _bucket;
    private TokenBucket.Turn? _turn;
    private TaskCompletionSource? _interruption;
    private bool _isInterrupted;
    private bool _isClosed;

    /// <summary>The most bytes to take at a time.</summary>
    public int Quantum { get; } = Math.Min(own?.Quantum ?? int.MaxValue, shared?.Quantum ?? int.MaxValue);

    /// <summary>A take waits for its turn.</summary>
    public bool IsPaused => Volatile.Read(ref _interruption) is { Task.IsCompleted: false }
        && Volatile.Read(ref _turn) is { Granted.IsCompleted: false };

    /// <summary>Takes tokens, at most a quantum.</summary>
    /// <returns>False after an interrupt: nothing is taken, and the next take of as many bytes continues at the same
    /// place in the line.</returns>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public async ValueTask<bool> TakeAsync(int bytes)
    {
        if (!await TakeAsync(own, bytes))
            return false;
        bool isTaken = false;
        try
        {
            isTaken = await TakeAsync(shared, bytes);
        }
        finally
        {
            if (!isTaken)
                own?.Return(bytes);
        }
        return isTaken;
    }

    /// <summary>Returns tokens that were not used.</summary>
    public void Return(int bytes)
    {
        own?.Return(bytes);
        shared?.Return(bytes);
    }

    /// <summary>Ends the pending take, or else the next one that has to wait. Thread-safe.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (_interruption is null)
                _isInterrupted = true;
            else
                _interruption.TrySetResult();
        }
    }

    /// <summary>Ends the pending take and every later one. Thread-safe.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_interruption is null)
                LeaveLine();
            else
                _interruption.TrySetResult();
        }
        own?.Dispose();
    }

    private ValueTask<bool> TakeAsync(TokenBucket? bucket, int bytes)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isClosed), this);
        if (bucket is null)
            return new ValueTask<bool>(true);
        return (KeptTurn(bucket, bytes) ?? bucket.Take(bytes)) is { } turn
            ? WaitAsync(bucket, turn)
            : new ValueTask<bool>(true);
    }

    /// <returns>The turn of an interrupted take; null if there is none for these bytes.</returns>
    private TokenBucket.Turn? KeptTurn(TokenBucket bucket, int bytes)
    {
        if (_turn is null)
            return null;
        lock (_gate)
        {
            if (_bucket != bucket || _turn?.Bytes != bytes)
                LeaveLine();
            return _turn;
        }
    }

    private async ValueTask<bool> WaitAsync(TokenBucket bucket, TokenBucket.Turn turn)
    {
        var interruption = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            (_bucket, _turn, _interruption) = (bucket, turn, interruption);
            if (_isInterrupted || _isClosed)
                interruption.SetResult();
            _isInterrupted = false;
        }
        Task first = Task.WhenAny(turn.Granted, interruption.Task);
        // A blocking transport promises that its calls have completed when they return.
        if (mayBlock)
            first.Wait(CancellationToken.None);
        else
            await first;
        lock (_gate)
        {
            _interruption = null;
            if (_isClosed)
                LeaveLine();
            else if (interruption.Task.IsCompleted)
                return false;
            _turn = null;
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return true;
        }
    }

    private void LeaveLine()
    {
        if (_turn is not null)
            _bucket!.Leave(_turn);
        _turn = null;
    }
}
