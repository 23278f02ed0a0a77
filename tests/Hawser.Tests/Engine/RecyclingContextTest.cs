using Hawser.EventLoops;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>Where the caller of a recycled method resumes.</summary>
public sealed class RecyclingContextTest
{
    [Theory, Models(ModelKind.Loop)]
    public async Task A_caller_on_a_loop_resumes_on_that_loop(string model)
    {
        await using var runner = new LoopRunner(model);
        await runner.RunAsync(async () =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                var source = new TaskCompletionSource<int>();
                ValueTask<int> call = RecyclingTest.NestAsync(new ValueTask<int>(source.Task), 3);
                _ = Task.Run(() => source.SetResult(i));
                Assert.Equal(i + 3, await call);
                Assert.True(runner.Loop.IsCurrentThread);
            }
        });
    }

    /// <summary>Not by way of the context's queue, which would be a turn later.</summary>
    [Fact]
    public void A_caller_on_its_own_thread_resumes_inside_the_completion()
    {
        var context = new QueueContext();
        var operation = new ParkedOperation();
        int result = 0;
        context.Run(() =>
        {
            Wait();
            operation.Complete(true);
            Assert.Equal(4, result);
        });

        Assert.Equal(0, context.Posted);

        async void Wait() => result = await RecyclingTest.NestAsync(
            RecyclingTest.CountAsync(operation.Park(Deadline.None)), 3);
    }

    [Fact]
    public void A_caller_is_posted_to_its_context_if_the_call_ends_elsewhere()
    {
        var context = new QueueContext();
        var operation = new ParkedOperation();
        int result = 0;
        SynchronizationContext? resumedIn = null;
        context.Run(Wait);

        operation.Complete(true);

        Assert.Equal(0, result);
        Assert.InRange(context.Posted, 1, int.MaxValue);
        context.RunPosted();
        Assert.Equal(4, result);
        Assert.Same(context, resumedIn);

        async void Wait()
        {
            result = await RecyclingTest.NestAsync(RecyclingTest.CountAsync(operation.Park(Deadline.None)), 3);
            resumedIn = SynchronizationContext.Current;
        }
    }

    [Fact]
    public async Task A_caller_without_context_resumes_where_the_call_ended()
    {
        var context = new QueueContext();
        var operation = new ParkedOperation();
        int result = 0;
        context.Run(Wait);
        int postedAtFirst = context.Posted;

        await Task.Run(() => operation.Complete(true));
        while (context.Posted > postedAtFirst && Volatile.Read(ref result) == 0)
            context.RunPosted();

        Assert.Equal(1, result);

        async void Wait()
        {
            int counted = await RecyclingTest.CountAsync(operation.Park(Deadline.None)).ConfigureAwait(false);
            Volatile.Write(ref result, counted);
        }
    }

    /// <summary>Keeps what is posted until it is asked to run it.</summary>
    private sealed class QueueContext : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();

        public int Posted { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Posted++;
            _queue.Enqueue((d, state));
        }

        public void Run(Action body)
        {
            SynchronizationContext? outer = Current;
            SetSynchronizationContext(this);
            try
            {
                body();
            }
            finally
            {
                SetSynchronizationContext(outer);
            }
        }

        public void RunPosted() => Run(() =>
        {
            while (_queue.TryDequeue(out (SendOrPostCallback Callback, object? State) next))
                next.Callback(next.State);
        });
    }
}
