using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Statistics;

public sealed class ClockStatisticsTest
{
    private const long Us = 1_000;
    private const long Ms = 1_000_000;
    private const long Second = 1_000_000_000;
    private const long Interval = 10 * Ms;

    [Fact]
    public void On_a_quiet_link_delay_offset_and_lateness_are_what_they_are()
    {
        var statistics = new ClockStatistics(Interval);
        for (uint tick = 0; tick < 200; tick++)
            statistics.Take(Make(tick, lateness: 30 * Us, forth: 40 * Us, back: 40 * Us, offset: 5 * Ms));
        Assert.Equal((80 * Us, 80 * Us), (statistics.Delay.MinNs, statistics.Delay.MaxNs));
        Assert.Equal(0, statistics.Jitter.MaxNs);
        Assert.Equal(199, statistics.Jitter.Count);
        Assert.Equal(30 * Us, statistics.Lateness.MaxNs);
        Assert.Equal((5 * Ms, 40 * Us), (statistics.Offset!.Value.Ns, statistics.Offset.Value.ErrorNs));
        Assert.Equal(0, statistics.Drift!.Value.PartsPerMillion, 1e-9);
        Assert.Empty(statistics.Steps);
    }

    [Fact]
    public void The_true_offset_lies_within_the_error_bound_whatever_the_delays_of_both_ways() =>
        Prop.ForAll(
            Arb.From(Gen.ListOf(Gen.Choose(1, 5_000_000).Two(), 30)),
            Arb.From(Gen.Choose(-2_000_000_000, 2_000_000_000)),
            (delays, offset) =>
            {
                var statistics = new ClockStatistics(Interval);
                uint tick = 0;
                foreach ((int forth, int back) in delays)
                    statistics.Take(Make(tick++, forth: forth, back: back, offset: offset));
                OffsetEstimate estimate = statistics.Offset!.Value;
                Assert.InRange(offset, estimate.Ns - estimate.ErrorNs - 1, estimate.Ns + estimate.ErrorNs + 1);
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(-120)]
    public void Drift_is_found_under_queues_that_fill_one_way(double partsPerMillion)
    {
        var statistics = new ClockStatistics(Interval);
        var random = new Random(1);
        for (uint tick = 0; tick < 30_000; tick++)
        {
            long queue = tick % 5000 < 1500 ? random.Next(5_000_000) : random.Next(100_000);
            long offset = (long)(tick * Interval * partsPerMillion / 1e6);
            statistics.Take(Make(tick, forth: (20 * Us) + queue, back: 20 * Us, offset: offset));
        }

        DriftEstimate drift = statistics.Drift!.Value;
        Assert.InRange(drift.PartsPerMillion, partsPerMillion - 0.5, partsPerMillion + 0.5);
        Assert.InRange(drift.PartsPerMillion, drift.Lowest, drift.Highest);
    }

    [Fact]
    public void Drift_needs_eight_windows_of_exchanges()
    {
        var statistics = new ClockStatistics(Interval);
        for (uint tick = 0; tick < 63; tick++)
            statistics.Take(Make(tick));
        Assert.Null(statistics.Drift);
        statistics.Take(Make(63));
        Assert.NotNull(statistics.Drift);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_of_either_wall_clock_is_seen_and_touches_neither_delay_nor_the_offset_after_it(bool isServers)
    {
        var statistics = new ClockStatistics(Interval);
        for (uint tick = 0; tick < 500; tick++)
        {
            long step = tick >= 250 ? -3 * Second : 0;
            Exchange exchange = isServers
                ? Make(tick, offset: step)
                : Make(tick, offset: -step, clientWall: step);
            statistics.Take(exchange);
        }

        ClockStep seen = Assert.Single(statistics.Steps);
        Assert.Equal((isServers, -3 * Second), (seen.IsServers, seen.Ns));
        Assert.InRange(seen.AtNs, 250 * Interval, 253 * Interval);
        Assert.Equal(80 * Us, statistics.Delay.MaxNs);
        Assert.Equal(isServers ? -3 * Second : 3 * Second, statistics.Offset!.Value.Ns);
        Assert.Equal(0, statistics.Drift!.Value.PartsPerMillion, 1e-9);
    }

    [Fact]
    public void A_thread_interrupted_between_its_two_clocks_is_no_step_and_does_not_bend_the_offset()
    {
        var statistics = new ClockStatistics(Interval);
        for (uint tick = 0; tick < 200; tick++)
        {
            Exchange exchange = Make(tick, offset: 7 * Ms);
            if (tick % 50 == 20)
            {
                // The wall clock was read, then 5 ms passed, then the monotonic clock was read and the request sent.
                exchange = exchange with { T1 = exchange.T1 with { WallNs = exchange.T1.WallNs - (5 * Ms) } };
            }

            if (tick % 50 == 40)
                exchange = exchange with { T3 = exchange.T3 with { WallNs = exchange.T3.WallNs - (5 * Ms) } };
            statistics.Take(exchange);
        }

        Assert.Empty(statistics.Steps);
        Assert.Equal((7 * Ms, 40 * Us), (statistics.Offset!.Value.Ns, statistics.Offset.Value.ErrorNs));
    }

    [Fact]
    public void A_clock_that_is_slewed_is_not_stepped()
    {
        var statistics = new ClockStatistics(Interval);
        for (uint tick = 0; tick < 1000; tick++)
            statistics.Take(Make(tick, clientWall: tick * 80 * Us, offset: -tick * 80 * Us));
        Assert.Empty(statistics.Steps);
    }

    [Fact]
    public void Jitter_compares_only_ticks_that_follow_each_other()
    {
        var statistics = new ClockStatistics(Interval);
        statistics.Take(Make(0, forth: 10 * Us));
        statistics.Take(Make(1, forth: 30 * Us));
        statistics.Take(Make(5, forth: 900 * Us));
        statistics.Take(Make(6, forth: 880 * Us));
        Assert.Equal(2, statistics.Jitter.Count);
        Assert.Equal((20 * Us, 20 * Us), (statistics.Jitter.MinNs, statistics.Jitter.MaxNs));
    }

    [Fact]
    public void The_trace_covers_any_length_of_time_in_its_columns_and_loses_no_exchange()
    {
        foreach (uint ticks in new uint[] { 1, 47, 48, 1000, 30_000 })
        {
            var statistics = new ClockStatistics(Interval);
            for (uint tick = 0; tick < ticks; tick++)
                statistics.Take(Make(tick, forth: tick));
            (long AtNs, TraceColumn Column)[] columns = [.. statistics.Trace.Columns()];
            Assert.InRange(columns.Length, 1, 480);
            Assert.Equal(ticks, columns.Sum(entry => entry.Column.Count));
            Assert.Equal((ticks - 1) + (40 * Us), columns.Max(entry => entry.Column.MaxNs));
            Assert.Equal(columns.OrderBy(entry => entry.AtNs), columns);
        }
    }

    [Fact]
    public void The_sample_for_the_plot_is_bounded_and_spread_over_all()
    {
        var sample = new OffsetSample();
        for (int i = 0; i < 100_000; i++)
            sample.Take(new OffsetPoint(i, i, i));
        Assert.InRange(sample.Points.Count, 750, 1500);
        long[] gaps = [.. sample.Points.Zip(sample.Points.Skip(1), (a, b) => b.AtNs - a.AtNs).Distinct()];
        Assert.Single(gaps);
    }

    private static Exchange Make(
        uint tick, long lateness = 0, long forth = 40 * Us, long back = 40 * Us, long offset = 0, long clientWall = 0)
    {
        const long Epoch = 1_795_155_437 * Second;
        const long ServerTime = 5 * Us;
        long sent = (tick * Interval) + lateness;
        long received = sent + forth;
        long returned = received + ServerTime + back;
        return new Exchange(
            tick,
            new(Epoch + sent + clientWall, sent),
            new(Epoch + received + clientWall + offset, 77 + received),
            new(Epoch + received + ServerTime + clientWall + offset, 77 + received + ServerTime),
            new(Epoch + returned + clientWall, returned));
    }
}
