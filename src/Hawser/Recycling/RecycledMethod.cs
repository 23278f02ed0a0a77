using System.Runtime.CompilerServices;

namespace Hawser.Recycling;

/// <summary>A call of one method, with its locals.</summary>
internal sealed class RecycledMethod<TResult, TStateMachine> : RecycledCall<TResult>
    where TStateMachine : IAsyncStateMachine
{
    // As many as end between two turns of an event loop before the next ones start.
    private const int FreeLimit = 256;

    [ThreadStatic]
    private static RecycledMethod<TResult, TStateMachine>? _firstFree;

    [ThreadStatic]
    private static int _freeCount;

    private TStateMachine _locals = default!;
    private RecycledMethod<TResult, TStateMachine>? _nextFree;

    /// <summary>A free call of this thread, or a new one.</summary>
    public static RecycledMethod<TResult, TStateMachine> Rent()
    {
        if (_firstFree is not { } free)
            return new RecycledMethod<TResult, TStateMachine>();
        _firstFree = free._nextFree;
        _freeCount--;
        free._nextFree = null;
        return free;
    }

    public void Keep(in TStateMachine locals) => _locals = locals;

    protected override void Resume() => _locals.MoveNext();

    protected override void Discard()
    {
        _locals = default!;
        if (_freeCount >= FreeLimit)
            return;
        _freeCount++;
        _nextFree = _firstFree;
        _firstFree = this;
    }
}
