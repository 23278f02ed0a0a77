using System.Threading.Tasks.Sources;

namespace Hawser.Recycling;

/// <summary>A suspended call of an <c>async</c> method; its caller awaits it.</summary>
internal abstract class RecycledCall<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _outcome;
    private SynchronizationContext? _home;
    private Action<object?>? _continuation;
    private object? _state;

    protected RecycledCall() => MoveNext = Resume;

    public Action MoveNext { get; }

    /// <summary>Valid for one await.</summary>
    public short Token => _outcome.Version;

    public void SetResult(TResult result) => _outcome.SetResult(result);

    public void SetException(Exception error) => _outcome.SetException(error);

    public TResult GetResult(short token)
    {
        if (_outcome.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("the call has not completed; await it");
        try
        {
            return _outcome.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        bool returnsHome = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0;
        if (!returnsHome || SynchronizationContext.Current is not { } home)
        {
            _outcome.OnCompleted(continuation, state, token, flags);
            return;
        }
        _home = home;
        _continuation = continuation;
        _state = state;
        _outcome.OnCompleted(static call => ((RecycledCall<TResult>)call!).ReturnHome(), this, token, flags & ~
            ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
    }

    protected abstract void Resume();

    protected abstract void Discard();

    /// <summary>Resumes the waiter inline if in its context already, as a task does; .NET's source would post even
    /// then.</summary>
    private void ReturnHome()
    {
        SynchronizationContext home = _home!;
        Action<object?> continuation = _continuation!;
        object? state = _state;
        _home = null;
        _continuation = null;
        _state = null;
        if (SynchronizationContext.Current == home)
            continuation(state);
        else
            home.Post(new SendOrPostCallback(continuation), state);
    }

    private void Recycle()
    {
        _outcome.Reset();
        Discard();
    }
}
