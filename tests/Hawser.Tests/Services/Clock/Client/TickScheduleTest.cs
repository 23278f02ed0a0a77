using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Client;
using Xunit;

namespace Hawser.Tests.Services.Clock.Client;

public sealed class TickScheduleTest
{
    private const long Ms = 1_000_000;

    [Fact]
    public void Ticks_are_due_at_start_plus_n_intervals_however_late_the_last_was()
    {
        var schedule = new TickSchedule(5 * Ms, 10 * Ms, 3);
        Assert.False(schedule.TryTake((5 * Ms) - 1, out _));
        Assert.True(schedule.TryTake(14 * Ms, out long first));
        Assert.Equal(0, first);
        Assert.Equal(15 * Ms, schedule.DueNs);
        Assert.True(schedule.TryTake(15 * Ms, out long second));
        Assert.Equal(1, second);
        Assert.Equal(0, schedule.Missed);
    }

    [Fact]
    public void Missed_ticks_are_counted_and_not_made_up_for()
    {
        var schedule = new TickSchedule(0, 10 * Ms, 100);
        Assert.True(schedule.TryTake(0, out _));
        Assert.True(schedule.TryTake(57 * Ms, out long tick));
        Assert.Equal(5, tick);
        Assert.Equal(4, schedule.Missed);
        Assert.False(schedule.TryTake(57 * Ms, out _));
        Assert.Equal(60 * Ms, schedule.DueNs);
    }

    [Fact]
    public void When_the_last_interval_has_passed_the_rest_is_missed_and_all_is_over()
    {
        var schedule = new TickSchedule(0, 10 * Ms, 10);
        Assert.True(schedule.TryTake(0, out _));
        Assert.False(schedule.TryTake(100 * Ms, out _));
        Assert.True(schedule.IsOver);
        Assert.Equal(9, schedule.Missed);
        Assert.Equal(schedule.EndNs, schedule.DueNs);
        Assert.False(schedule.TryTake(long.MaxValue, out _));
        Assert.Equal(9, schedule.Missed);
    }

    [Fact]
    public void A_schedule_without_ticks_is_over_at_once() => Assert.True(new TickSchedule(0, 1, 0).IsOver);

    [Fact]
    public void For_any_delays_taken_plus_missed_is_all_ticks_and_lateness_is_below_one_interval() =>
        Prop.ForAll(Arb.From(Gen.ListOf(Gen.Choose(0, 45))), waits =>
        {
            var schedule = new TickSchedule(7, 10, 200);
            long now = 0, taken = 0, last = -1;
            foreach (int wait in waits)
            {
                now += wait;
                if (!schedule.TryTake(now, out long tick))
                    continue;
                taken++;
                Assert.True(tick > last);
                Assert.InRange(now - (7 + (tick * 10)), 0, 9);
                last = tick;
            }

            Assert.Equal(schedule.Next, taken + schedule.Missed);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Five_minutes_at_ten_milliseconds_are_thirty_thousand_ticks_that_never_drift()
    {
        var schedule = new TickSchedule(0, 10 * Ms, 30_000);
        var random = new Random(1);
        while (!schedule.IsOver)
        {
            long now = schedule.DueNs + random.NextInt64(10 * Ms);
            Assert.True(schedule.TryTake(now, out _));
        }

        Assert.Equal(0, schedule.Missed);
        Assert.Equal(300_000 * Ms, schedule.EndNs);
    }
}
