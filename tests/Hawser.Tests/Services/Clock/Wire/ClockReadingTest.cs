using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Wire;

public sealed class ClockReadingTest
{
    [Theory]
    [InlineData(1_000_000_000)]
    [InlineData(10_000_000)]
    public void Both_clocks_are_read_in_nanoseconds_whatever_the_timer_counts(long frequency)
    {
        var time = new SteppedTime(frequency);
        ClockReading before = ClockReading.Now(time);
        time.Advance(1_234_500);
        time.StepWall(2_000_000_000);
        ClockReading after = ClockReading.Now(time);
        Assert.Equal(1_234_500, after.MonotonicNs - before.MonotonicNs);
        Assert.Equal(2_001_234_500, after.WallNs - before.WallNs);
        Assert.Equal((time.Start - DateTimeOffset.UnixEpoch).TotalMilliseconds * 1e6, before.WallNs);
    }

    [Fact]
    public void Delay_leaves_out_the_servers_own_time_and_offset_is_half_the_difference_of_both_ways()
    {
        var exchange = new Exchange(
            0, T1: new(1000, 10), T2: new(5300, 900), T3: new(5400, 1000), T4: new(1800, 810));
        Assert.Equal(700, exchange.DelayNs);
        Assert.Equal(3950, exchange.OffsetNs);
    }
}
