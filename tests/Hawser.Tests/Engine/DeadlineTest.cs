using System.Diagnostics;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DeadlineTest
{
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
}
