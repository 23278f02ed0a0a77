using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hawser.Recycling;

/// <summary>Builds the <c>async</c> methods on the path of every round trip. Once warm they allocate nothing, however
/// many connections wait, and resume their caller inline in the same context.</summary>
/// <remarks><see cref="PoolingAsyncValueTaskMethodBuilder{TResult}"/> keeps one call per thread and one per core, and
/// posts to the context at every level. The price of this builder: the <see cref="ExecutionContext"/> does not flow
/// into the rest of such a method. Handlers keep theirs.</remarks>
[SuppressMessage("Performance", "CA1822", Justification = "the compiler calls all of a builder on an instance")]
internal struct RecyclingBuilder<TResult>
{
    private RecycledCall<TResult>? _call;
    private Task<TResult>? _failed;
    private TResult _result;

    public readonly ValueTask<TResult> Task
    {
        get
        {
            if (_call is not null)
                return new ValueTask<TResult>(_call, _call.Token);
            return _failed is not null ? new ValueTask<TResult>(_failed) : new ValueTask<TResult>(_result);
        }
    }

    public readonly ValueTask TaskWithoutResult
    {
        get
        {
            if (_call is not null)
                return new ValueTask(_call, _call.Token);
            return _failed is not null ? new ValueTask(_failed) : ValueTask.CompletedTask;
        }
    }

    public static RecyclingBuilder<TResult> Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine =>
        default(AsyncValueTaskMethodBuilder).Start(ref stateMachine);

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult(TResult result)
    {
        if (_call is null)
            _result = result;
        else
            _call.SetResult(result);
    }

    public void SetException(Exception exception)
    {
        if (_call is null)
            _failed = System.Threading.Tasks.Task.FromException<TResult>(exception);
        else
            _call.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(Suspend(ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(Suspend(ref stateMachine));

    private Action Suspend<TStateMachine>(ref TStateMachine stateMachine) where TStateMachine : IAsyncStateMachine
    {
        if (_call is null)
        {
            RecycledMethod<TResult, TStateMachine> method = RecycledMethod<TResult, TStateMachine>.Rent();
            // This builder is part of the state machine: set the call before the copy.
            _call = method;
            method.Keep(in stateMachine);
        }
        return _call.MoveNext;
    }
}
