using System.Diagnostics;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DeadlineTest
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public void The_default_is_no_deadline()
    {
        Assert.True(default(Deadline).IsNone);
        Assert.False(Deadline.None.HasPassed);
        Assert.Equal(Timeout.InfiniteTimeSpan, Deadline.None.Remaining);
        Assert.True(Deadline.After(Timeout.InfiniteTimeSpan).IsNone);
    }

    [Fact]
    public void A_deadline_in_the_past_has_passed_and_leaves_no_time()
    {
        Deadline past = Deadline.At(Stopwatch.GetTimestamp() - 1);
        Assert.True(past.HasPassed);
        Assert.Equal(TimeSpan.Zero, past.Remaining);
        Assert.True(Deadline.At(0).HasPassed);
    }

    [Fact]
    public void A_deadline_in_the_future_leaves_at_most_the_given_time()
    {
        Deadline future = Deadline.After(TimeSpan.FromHours(1));
        Assert.False(future.HasPassed);
        Assert.InRange(future.Remaining, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_deadline_passes_exactly_at_its_due_time()
    {
        var time = new FakeTime();
        Deadline deadline = Deadline.After(TimeSpan.FromSeconds(10), time);

        time.Advance(TimeSpan.FromSeconds(10) - Tick);
        Assert.False(deadline.HasPassed);
        Assert.True(deadline.OnSystemClock.IsNone);
        Assert.Equal(Tick, deadline.Remaining);

        time.Advance(Tick);
        Assert.True(deadline.HasPassed);
        Assert.True(deadline.OnSystemClock.HasPassed);
        Assert.Equal(TimeSpan.Zero, deadline.Remaining);
        time.Advance(Tick);
        Assert.Equal(0, deadline.RemainingNanoseconds);
    }

    /// <summary>A wait for what is left never ends early.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(1_000, 10)]
    public void Remaining_time_is_rounded_up_to_ticks(long nanoseconds, long ticks)
    {
        var time = new NanosecondTime();
        Deadline deadline = Deadline.After(TimeSpan.FromTicks(1_000), time);
        time.Now += 100_000 - nanoseconds;

        Assert.Equal(nanoseconds, deadline.RemainingNanoseconds);
        Assert.Equal(TimeSpan.FromTicks(ticks), deadline.Remaining);
    }

    [Fact]
    public void A_timer_is_asked_for_49_days_at_the_most_and_a_select_for_30_minutes()
    {
        var time = new FakeTime();
        Assert.Equal(TimeSpan.FromDays(49), Deadline.After(TimeSpan.FromDays(50), time).RemainingForTimer);
        Assert.Equal(TimeSpan.FromDays(48), Deadline.After(TimeSpan.FromDays(48), time).RemainingForTimer);
        Assert.Equal(Timeout.InfiniteTimeSpan, Deadline.None.RemainingForTimer);
        Assert.Equal(TimeSpan.FromMinutes(30), Deadline.After(TimeSpan.FromMinutes(31), time).RemainingForSelect);
        Assert.Equal(TimeSpan.FromMinutes(29), Deadline.After(TimeSpan.FromMinutes(29), time).RemainingForSelect);
        Assert.Equal(TimeSpan.FromMinutes(30), Deadline.None.RemainingForSelect);
    }

    [Fact]
    public void A_delay_too_long_for_the_clock_never_passes()
    {
        var time = new FakeTime();
        Deadline deadline = Deadline.After(TimeSpan.MaxValue, time);

        time.Advance(TimeSpan.FromDays(1_000_000));
        Assert.False(deadline.HasPassed);
        Assert.InRange(deadline.RemainingNanoseconds, long.MaxValue / 5 * 2, long.MaxValue / 5 * 3);
        Assert.Equal(-1, Deadline.None.RemainingNanoseconds);
    }

    [Fact]
    public void The_earlier_of_two_is_the_one_that_passes_first()
    {
        var time = new FakeTime();
        Deadline early = Deadline.After(TimeSpan.FromSeconds(1), time);
        Deadline late = Deadline.After(TimeSpan.FromSeconds(2), time);

        Assert.Equal(early, Deadline.Earlier(early, late));
        Assert.Equal(early, Deadline.Earlier(late, early));
        Assert.Equal(late, Deadline.Earlier(late, Deadline.None));
        Assert.Equal(late, Deadline.Earlier(Deadline.None, late));
        Assert.True(Deadline.Earlier(Deadline.None, Deadline.None).IsNone);
        Assert.True(Deadline.Passed.HasPassed);
        Assert.Null(Deadline.After(TimeSpan.FromSeconds(1)).VirtualTime);
        Assert.Same(time, late.VirtualTime);
    }

    private sealed class NanosecondTime : TimeProvider
    {
        public long Now { get; set; } = 1;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;
    }
}
