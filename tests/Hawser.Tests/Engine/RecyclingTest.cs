using System.Runtime.CompilerServices;
using Hawser.EventLoops;
using Hawser.Recycling;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>Asynchronous methods whose calls are pooled.</summary>
public sealed class RecyclingTest
{
    [Fact]
    public async Task A_synchronous_call_has_its_result_at_once()
    {
        ValueTask<int> call = AddAsync(new ValueTask<int>(1), 2);

        Assert.True(call.IsCompletedSuccessfully);
        Assert.Equal(3, await call);
        Assert.True(NestAsync(new ValueTask<int>(1), 3).IsCompletedSuccessfully);
        Assert.True(DoAsync(ValueTask.CompletedTask).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_waiting_call_has_its_result_afterwards()
    {
        var source = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        ValueTask<int> call = AddAsync(new ValueTask<int>(source.Task), 2);
        Assert.False(call.IsCompleted);

        source.SetResult(40);

        Assert.Equal(42, await call);
    }

    [Fact]
    public async Task Nested_calls_return_their_results()
    {
        for (int i = 0; i < 100; i++)
            Assert.Equal(i + 20, await NestAsync(LaterAsync(i), 20));
    }

    [Theory]
    [InlineData(typeof(FormatException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task An_exception_reaches_the_caller_before_and_after_a_wait(Type type)
    {
        for (int i = 0; i < 100; i++)
        {
            var error = (Exception)Activator.CreateInstance(type)!;
            Assert.Same(error, await Record.ExceptionAsync(async () => await ThrowAsync(default, error)));
            Assert.Same(error, await Record.ExceptionAsync(async () => await ThrowAsync(LaterAsync(1), error)));
            Assert.Same(error, await Record.ExceptionAsync(
                async () => await NestAsync(ThrowAsync(LaterAsync(1), error), 3)));
            Assert.Same(error, await Record.ExceptionAsync(
                async () => await DoAsync(new ValueTask(Task.FromException(error)))));
            // The object that has thrown is as good as new.
            Assert.Equal(3, await AddAsync(LaterAsync(1), 2));
        }
    }

    [Fact]
    public async Task A_call_without_a_result_completes()
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ValueTask call = DoAsync(new ValueTask(source.Task));
        Assert.False(call.IsCompleted);

        source.SetResult();

        await call;
    }

    [Fact]
    public async Task Awaiting_a_second_time_is_refused()
    {
        var operation = new ParkedOperation();
        ValueTask<int> call = CountAsync(operation.Park(Deadline.None));
        operation.Complete(true);
        Assert.Equal(1, await call);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call);
    }

    [Fact]
    public async Task Awaiting_a_second_time_does_not_disturb_the_current_user_of_the_object()
    {
        var operation = new ParkedOperation();
        ValueTask<int> old = CountAsync(operation.Park(Deadline.None));
        operation.Complete(true);
        Assert.Equal(1, await old);
        ValueTask<int> next = CountAsync(operation.Park(Deadline.None));

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await old);
        Assert.Throws<InvalidOperationException>(() => old.GetAwaiter().GetResult());

        operation.Complete(true);
        Assert.Equal(1, await next);
    }

    [Fact]
    public async Task Reading_the_result_of_a_waiting_call_is_refused()
    {
        var operation = new ParkedOperation();
        ValueTask<int> call = CountAsync(operation.Park(Deadline.None));

        Assert.Throws<InvalidOperationException>(() => call.GetAwaiter().GetResult());

        operation.Complete(true);
        Assert.Equal(1, await call);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        const int Calls = 10_000;
        var operation = new ParkedOperation();
        CallMany(1_000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CallMany(Calls);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Less than a byte a call: a tier of the jit may have its share.
        Assert.InRange(allocated, 0, Calls - 1);

        void CallMany(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                ValueTask<int> call = NestAsync(CountAsync(operation.Park(Deadline.None)), 3);
                operation.Complete(true);
                if (call.GetAwaiter().GetResult() != 4)
                    throw new InvalidOperationException("the wrong result");
            }
        }
    }

    [Fact]
    public void Concurrent_calls_are_pooled_for_reuse()
    {
        const int Crowd = 200;
        var operations = new ParkedOperation[Crowd];
        var calls = new ValueTask<int>[Crowd];
        for (int i = 0; i < Crowd; i++)
            operations[i] = new ParkedOperation();
        CallAll();
        CallAll();

        long before = GC.GetAllocatedBytesForCurrentThread();
        CallAll();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Crowd - 1);

        void CallAll()
        {
            for (int i = 0; i < Crowd; i++)
                calls[i] = CountAsync(operations[i].Park(Deadline.None));
            for (int i = 0; i < Crowd; i++)
            {
                operations[i].Complete(true);
                _ = calls[i].GetAwaiter().GetResult();
            }
        }
    }

    [Fact]
    public void A_completed_call_keeps_no_locals_alive()
    {
        var operation = new ParkedOperation();
        WeakReference local = CallWithLocal(operation);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(local.IsAlive);
        GC.KeepAlive(operation);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference CallWithLocal(ParkedOperation operation)
        {
            object big = new byte[100_000];
            ValueTask<int> call = HoldAsync(operation.Park(Deadline.None), big);
            operation.Complete(true);
            _ = call.GetAwaiter().GetResult();
            return new WeakReference(big);
        }
    }

    [Fact]
    public async Task Calls_on_many_threads_at_once_do_not_mix()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 5_000; i++)
                Assert.Equal((thread * 10_000) + i + 5, await NestAsync(LaterAsync((thread * 10_000) + i), 5));
        }))).Bounded();
    }

    internal static async ValueTask<int> LaterAsync(int value)
    {
        await Task.Yield();
        return value;
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    internal static async ValueTask<int> AddAsync(ValueTask<int> first, int second) => await first + second;

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    internal static async ValueTask<int> NestAsync(ValueTask<int> innermost, int levels) =>
        levels == 0 ? await innermost : 1 + await NestAsync(innermost, levels - 1);

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    internal static async ValueTask<int> CountAsync(ValueTask<bool> wait) => await wait ? 1 : 0;

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private static async ValueTask<int> HoldAsync(ValueTask<bool> wait, object local)
    {
        await wait;
        return local.GetHashCode();
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private static async ValueTask<int> ThrowAsync(ValueTask<int> wait, Exception error)
    {
        await wait;
        throw error;
    }

    [AsyncMethodBuilder(typeof(RecyclingVoidBuilder))]
    private static async ValueTask DoAsync(ValueTask wait) => await wait;
}
