using Hawser.EventLoops;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class ParkedOperationTest
{
    [Fact]
    public async Task A_parked_operation_is_reusable()
    {
        var operation = new ParkedOperation();
        for (int i = 0; i < 70_000; i++)
        {
            ValueTask<bool> wait = operation.Park(Deadline.None);
            Assert.True(operation.IsParked);
            Assert.False(wait.IsCompleted);
            operation.Complete(i % 2 == 0);
            Assert.Equal(i % 2 == 0, await wait);
        }
    }

    [Fact]
    public void The_waiter_runs_inside_the_completion()
    {
        var operation = new ParkedOperation();
        bool resumed = false;
        Wait();

        operation.Complete(true);

        Assert.True(resumed);

        async void Wait()
        {
            await operation.Park(Deadline.None);
            resumed = true;
        }
    }

    [Fact]
    public async Task A_second_concurrent_wait_is_refused()
    {
        var operation = new ParkedOperation();
        ValueTask<bool> wait = operation.Park(Deadline.None);

        Assert.Throws<InvalidOperationException>(() => operation.Park(Deadline.None).IsCompleted);

        operation.Complete(true);
        Assert.True(await wait);
    }

    [Fact]
    public async Task An_error_is_thrown_to_the_waiter_and_forgotten_by_the_next_wait()
    {
        var operation = new ParkedOperation();
        ValueTask<bool> failing = operation.Park(Deadline.None);
        operation.Complete(true, new ObjectDisposedException("it"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await failing);

        ValueTask<bool> next = operation.Park(Deadline.None);
        operation.Complete(true);
        Assert.True(await next);
    }

    [Fact]
    public async Task A_completed_wait_cannot_be_awaited_after_the_next_has_begun()
    {
        var operation = new ParkedOperation();
        ValueTask<bool> old = operation.Park(Deadline.None);
        operation.Complete(true);
        ValueTask<bool> next = operation.Park(Deadline.None);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await old);

        operation.Complete(true);
        Assert.True(await next);
    }

    [Fact]
    public void Completing_without_a_waiter_does_nothing() => new ParkedOperation().Complete(true);
}
