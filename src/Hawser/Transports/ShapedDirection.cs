namespace Hawser.Transports;

/// <summary>One direction of a shaped connection: takes tokens from its own bucket, then from the server's. One take at
/// a time.</summary>
/// <param name="own">The connection's bucket; null without a limit.</param>
/// <param name="shared">The bucket of all connections; null without a limit.</param>
/// <param name="mayBlock">Block the calling thread instead of awaiting.</param>
internal sealed class ShapedDirection(TokenBucket? own, TokenBucket? shared, bool mayBlock)
{
    private readonly Lock _gate = new();
    private TokenBucket? _waitsFor;
    private TokenBucket.Turn? _turn;
    private bool _isInterrupted;
    private bool _isClosed;

    /// <summary>The most bytes to take at a time.</summary>
    public int Quantum { get; } = Math.Min(own?.Quantum ?? int.MaxValue, shared?.Quantum ?? int.MaxValue);

    /// <summary>A take waits for its turn.</summary>
    public bool IsPaused => Volatile.Read(ref _turn) is { IsOver: false };

    /// <summary>Takes tokens, at most a quantum.</summary>
    /// <returns>False after an interrupt: nothing is taken.</returns>
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
            if (_turn is null)
                _isInterrupted = true;
            else
                _waitsFor!.Leave(_turn);
        }
    }

    /// <summary>Ends the pending take and every later one. Thread-safe.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
        Interrupt();
        own?.Dispose();
    }

    private ValueTask<bool> TakeAsync(TokenBucket? bucket, int bytes)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isClosed), this);
        return bucket?.Take(bytes) is { } turn ? WaitAsync(bucket, turn) : new ValueTask<bool>(true);
    }

    private async ValueTask<bool> WaitAsync(TokenBucket bucket, TokenBucket.Turn turn)
    {
        lock (_gate)
        {
            (_waitsFor, _turn) = (bucket, turn);
            if (_isInterrupted || _isClosed)
                bucket.Leave(turn);
            _isInterrupted = false;
        }
        // A blocking transport promises that its calls have completed when they return.
        bool hasCome = mayBlock ? turn.Come.GetAwaiter().GetResult() : await turn.Come;
        bool isClosed;
        lock (_gate)
        {
            _turn = null;
            isClosed = _isClosed;
        }
        if (!isClosed)
            return hasCome;
        if (hasCome)
            bucket.Return(turn.Bytes);
        throw new ObjectDisposedException(nameof(Transport));
    }
}
