using Xunit;

namespace Hawser.Tests.Simulation;

/// <summary>What a simulation itself must notice.</summary>
public sealed class SimulatedSchedulerTest
{
    [Fact]
    public void Virtual_time_passes_without_real_time()
    {
        var scheduler = new SimulatedScheduler(seed: 1);
        var time = new SimulatedTime(scheduler);

        scheduler.Run(() => Task.Delay(TimeSpan.FromMinutes(5), time));

        Assert.InRange(scheduler.Now, TimeSpan.FromMinutes(5) - SimulatedTime.LongestHaste, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void A_wait_that_cannot_end_is_a_deadlock()
    {
        var scheduler = new SimulatedScheduler(seed: 1);

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => scheduler.Run(() => new TaskCompletionSource().Task));

        Assert.StartsWith("deadlock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_continuation_on_a_foreign_thread_fails_the_run()
    {
        var scheduler = new SimulatedScheduler(seed: 1);

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => scheduler.Run(() =>
            {
                var foreign = new Thread(() => scheduler.Context.Post(_ => { }, null));
                foreign.Start();
                foreign.Join();
                return Task.CompletedTask;
            }));

        Assert.StartsWith("escaped", error.Message, StringComparison.Ordinal);
    }
}
