using System.Diagnostics;
using Hawser.EventLoops;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class EventLoopTest
{
    [Theory, Models(ModelKind.Loop)]
    public async Task Posted_work_runs_in_order_on_the_thread_of_the_loop(string poller)
    {
        await using var runner = new LoopRunner(poller);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ran = new List<int>();
        for (int i = 0; i < 1_000; i++)
            runner.Loop.Post(n => ran.Add(runner.Loop.IsCurrentThread ? (int)n! : -1), i);
        runner.Loop.Post(_ => done.SetResult(), null);

        await done.Task.Bounded();

        Assert.Equal(Enumerable.Range(0, 1_000), ran);
    }

    /// <summary>The system had no thread for it.</summary>
    [Fact]
    public async Task A_loop_that_was_never_started_ends()
    {
        var loop = new EventLoop("never started", Pollers.Best());

        loop.End();

        await loop.Ended.Bounded();
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_burst_of_posted_work_is_done_64_at_a_turn(string poller)
    {
        await using var runner = new LoopRunner(poller);
        var turns = new List<long>();

        await runner.RunAsync(async () =>
        {
            var done = new TaskCompletionSource();
            for (int i = 0; i < 200; i++)
                runner.Loop.Post(_ => turns.Add(runner.Loop.Turn), null);
            runner.Loop.Post(_ => done.SetResult(), null);
            await done.Task;
        });

        Assert.Equal([64, 64, 64, 8], turns.CountBy(turn => turn).Select(turn => turn.Value));
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task No_posted_work_is_lost_however_many_threads_post(string poller)
    {
        await using var runner = new LoopRunner(poller);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 3_000; i++)
            {
                var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                runner.Loop.Post(done => ((TaskCompletionSource)done!).SetResult(), ran);
                await ran.Task;
            }
        }))).Bounded();
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task Work_posted_after_the_end_runs_elsewhere(string poller)
    {
        var runner = new LoopRunner(poller);
        await runner.DisposeAsync();
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        runner.Loop.Post(_ => ran.SetResult(runner.Loop.IsCurrentThread), null);

        Assert.False(await ran.Task.Bounded());
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task Deadlines_expire_in_order_and_never_early(string poller)
    {
        await using var runner = new LoopRunner(poller);
        var order = new List<int>();
        var early = new List<int>();
        long start = Stopwatch.GetTimestamp();

        await runner.RunAsync(() => Task.WhenAll(((int[])[30, 10, 20, 0, 15, 25, 5]).Select(WaitAsync)));

        Assert.Equal([0, 5, 10, 15, 20, 25, 30], order);
        Assert.Empty(early);

        async Task WaitAsync(int milliseconds)
        {
            long due = start + milliseconds * Stopwatch.Frequency / 1_000;
            Assert.False(await runner.Loop.Park(new ParkedOperation(), Deadline.At(due)));
            if (Stopwatch.GetTimestamp() < due)
                early.Add(milliseconds);
            order.Add(milliseconds);
        }
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task An_operation_completed_before_its_deadline_removes_it(string poller)
    {
        await using var runner = new LoopRunner(poller);

        await runner.RunAsync(async () =>
        {
            var operation = new ParkedOperation();
            ValueTask<bool> first = runner.Loop.Park(operation, Deadline.After(TimeSpan.FromMilliseconds(5)));
            runner.Loop.Complete(operation);
            Assert.True(await first);
            Assert.Equal(-1, operation.HeapIndex);

            ValueTask<bool> second = runner.Loop.Park(operation, Deadline.None);
            Assert.False(await runner.Loop.Park(new ParkedOperation(), Deadline.After(TimeSpan.FromMilliseconds(20))));
            Assert.False(second.IsCompleted);
            runner.Loop.Complete(operation);
            Assert.True(await second);
        });
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_completed_operation_loses_its_place_in_the_next_turn(string poller)
    {
        await using var runner = new LoopRunner(poller);

        await runner.RunAsync(async () =>
        {
            var operation = new ParkedOperation();
            ValueTask<bool> first = runner.Loop.ParkUntilNextTurn(operation);
            runner.Loop.Complete(operation);
            Assert.True(await first);

            ValueTask<bool> second = runner.Loop.Park(operation, Deadline.After(TimeSpan.FromMilliseconds(5)));

            Assert.False(await second);
            Assert.Equal(-1, operation.HeapIndex);
        });
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_yielding_operation_continues_after_the_others(string poller)
    {
        await using var runner = new LoopRunner(poller);
        var order = new List<string>();

        await runner.RunAsync(() => Task.WhenAll(GiveWayAsync("a"), GiveWayAsync("b")));

        Assert.Equal(["a1", "b1", "a2", "b2", "a3", "b3"], order);

        async Task GiveWayAsync(string name)
        {
            var operation = new ParkedOperation();
            order.Add(name + 1);
            await runner.Loop.ParkUntilNextTurn(operation);
            order.Add(name + 2);
            await runner.Loop.ParkUntilNextTurn(operation);
            order.Add(name + 3);
        }
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_foreign_await_resumes_on_the_loop(string poller)
    {
        await using var runner = new LoopRunner(poller);

        await runner.RunAsync(async () =>
        {
            await Task.Delay(1);
            Assert.True(runner.Loop.IsCurrentThread);
            await Task.Yield();
            Assert.True(runner.Loop.IsCurrentThread);
        });
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task Send_to_the_loop_is_refused_on_other_threads(string poller)
    {
        await using var runner = new LoopRunner(poller);
        SynchronizationContext? context = null;
        await runner.RunAsync(() =>
        {
            context = SynchronizationContext.Current;
            return Task.CompletedTask;
        });

        Assert.Throws<NotSupportedException>(() => context!.Send(_ => { }, null));
    }
}
