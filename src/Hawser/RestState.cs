namespace Hawser;

/// <summary>Whether a connection is between two messages, where a stop of the server may end it, or inside of one,
/// where it may not. The handler's thread and the stopping one agree by it.</summary>
internal struct RestState
{
    private const int Busy = 0;
    private const int AtRest = 1;
    private const int Ended = 2;

    private int _state;
    private volatile bool _stopping;

    /// <summary>The stop has ended the last rest.</summary>
    public bool IsEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>The handler begins to wait for the next message.</summary>
    /// <returns>False when the stop has come.</returns>
    public bool TryBegin()
    {
        // The stop may have come just before: it has not seen us rest, so we look ourselves. The exchange is a full
        // fence: an ordinary write could become visible after that look, and the stop be missed by both.
        Interlocked.Exchange(ref _state, AtRest);
        return !_stopping || Interlocked.CompareExchange(ref _state, Ended, AtRest) != AtRest;
    }

    /// <summary>The handler has waited.</summary>
    /// <returns>False when the stop has ended the wait.</returns>
    public bool TryFinish() => Interlocked.CompareExchange(ref _state, Busy, AtRest) != Ended;

    /// <summary>The server stops.</summary>
    /// <returns>True when the handler rests, and its wait is to be ended.</returns>
    public bool Stop()
    {
        _stopping = true;
        return Interlocked.CompareExchange(ref _state, Ended, AtRest) == AtRest;
    }
}
