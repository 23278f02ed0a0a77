using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabVerdictTest
{
    private static readonly LabMetric Rate = LabMetric.Get("round_trips_per_second");
    private static readonly LabMetric P99 = LabMetric.Get("latency_p99_ns");

    [Fact]
    public void A_ratio_whose_interval_excludes_1_shows_which_is_better()
    {
        LabVerdict verdict = Judge(Rate, [100, 101, 102, 103, 104, 105], [201, 203, 204, 205, 208, 209]);

        Assert.Equal("b", verdict.Better);
        Assert.Equal((100.0 / 201, 103.0 / 205), (verdict.Ratio.Low, verdict.Ratio.High));
        Assert.Equal(1 - (2.0 / 64), verdict.Ratio.Coverage, 12);
        Assert.Equal("b has 2.00 times (1.99 to 2.01) the round trips/s of a", verdict.Words);
    }

    [Fact]
    public void Rounds_are_compared_one_by_one()
    {
        // The machine doubles its speed half way; in every round b is a tenth faster.
        double[] a = [100, 101, 99, 200, 202, 198];

        LabVerdict verdict = Judge(Rate, a, [.. a.Select(rate => 1.1 * rate)]);

        Assert.Equal("b has 1.10 times (1.10 to 1.10) the round trips/s of a", verdict.Words);
    }

    [Fact]
    public void A_round_missing_on_one_side_is_not_paired()
    {
        LabMeasurement[] late = [.. LabFixture.Rounds(LabFixture.Variant("b"), 7, 7, 2, 2, 2, 2, 2, 2, 2)];
        LabSummary b = LabSummary.Of(LabFixture.Variant("b"), late[2..], null);

        LabVerdict verdict = LabVerdict.Judge(Rate, LabFixture.Summary("a", 7, 7, 1, 1, 1, 1, 1, 1), b)!;

        Assert.Equal((6, 0.5, 0.5), (verdict.Ratio.Rounds, verdict.Ratio.Min, verdict.Ratio.Max));
    }

    [Fact]
    public void Lower_latency_wins_the_verdict()
    {
        LabVerdict verdict = LabVerdict.Judge(P99, Summary("a", 100), Summary("b", 200))!;

        Assert.Equal("a", verdict.Better);
        Assert.Equal("b has 2.00 times (2.00 to 2.00) the p99 of a", verdict.Words);

        static LabSummary Summary(string name, long p99) => LabSummary.Of(
            LabFixture.Variant(name),
            [.. Enumerable.Range(1, 6).Select(round =>
                new LabMeasurement(round, 1, LabFixture.Variant(name), LabFixture.Figures(1, p99), null))],
            null);
    }

    [Theory]
    [InlineData(new double[] { 100, 100, 100, 100, 100, 100 }, new double[] { 101, 101, 101, 101, 101, 99 })]
    [InlineData(new double[] { 100, 100, 100, 100, 100, 100 }, new double[] { 101, 101, 101, 101, 101, 100 })]
    public void Where_the_interval_includes_1_no_difference_is_seen(double[] a, double[] b)
    {
        LabVerdict verdict = Judge(Rate, a, b);

        Assert.Equal((null, LabVerdict.NoDifference), (verdict.Better, verdict.Words));
    }

    [Fact]
    public void With_nine_rounds_one_that_was_disturbed_hides_no_difference()
    {
        double[] b = [200, 200, 200, 200, 200, 200, 200, 200, 50];

        Assert.Equal("b", Judge(Rate, [100, 100, 100, 100, 100, 100, 100, 100, 100], b).Better);
    }

    [Fact]
    public void Latencies_of_a_server_with_unanswered_clients_are_not_comparable()
    {
        LabSummary all = LabFixture.Summary("a", 100, 101, 102, 103, 104, 105);
        LabSummary some = LabFixture.Summary("b", 203, 202, 204, 205, 206, 207) with { LeavesOut = true };

        Assert.Equal("b", LabVerdict.Judge(Rate, all, some)!.Better);
        Assert.Equal(LabVerdict.NotComparable, LabVerdict.Judge(P99, all, some)!.Words);
        Assert.Equal(LabVerdict.NotComparable, LabVerdict.Judge(P99, some, all)!.Words);
    }

    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(0, 0, true)]
    [InlineData(1, 30, false)]
    [InlineData(1, 31, true)]
    public void Starvation_is_a_client_without_answers_or_over_1_percent_unanswered_pings(
        long slowest, long unanswered, bool leavesOut)
    {
        LabFigures figures = LabFixture.Figures(990, slowest: slowest, unanswered: unanswered);

        LabSummary summary = LabSummary.Of(
            LabFixture.Variant("a"), [new LabMeasurement(1, 1, LabFixture.Variant("a"), figures, null)], null);

        Assert.Equal(leavesOut, summary.LeavesOut);
    }

    [Fact]
    public void Five_rounds_are_too_few_for_a_verdict()
    {
        LabVerdict verdict = Judge(Rate, [100, 101, 102, 103, 104], [203, 202, 204, 205, 206]);

        Assert.Equal((null, LabVerdict.TooFewRounds), (verdict.Better, verdict.Words));
        Assert.Equal(0.9375, verdict.Ratio.Coverage);
    }

    [Fact]
    public void Ratios_to_other_programs_stand_together_the_servers_cpu_time_before_throughput()
    {
        LabVariant redis = new(new LabSubject("redis", null, null, "redis-server {port}"), LabFixture.Fifty);
        LabVariant floor = new(new LabSubject("floor", null, null, "floor {port}"), LabFixture.Fifty);
        LabSummary[] summaries =
        [
            Summary(LabFixture.Variant("async"), 90, 8), Summary(LabFixture.Variant("epoll"), 110, 4),
            Summary(redis, 100, 5), Summary(floor, 200, 1),
        ];
        LabResult result = LabFixture.Result() with { Summaries = summaries, Verdicts = LabVerdict.Of(summaries) };

        LabPairs pairs = Assert.Single(LabPairs.Of(result, LabFixture.Fifty));

        Assert.Equal("redis", pairs.Reference);
        Assert.Equal(["CPU per round trip", "round trips/s"], pairs.Metrics.Select(metric => metric.Title));
        Assert.Equal(
            ["async 1.60 (1.60 to 1.60) 0.90 (0.90 to 0.90)", "epoll 0.80 (0.80 to 0.80) 1.10 (1.10 to 1.10)"],
            pairs.Rows.Select(row => $"{row.Subject} {LabPairs.TextOf(row.Verdicts[0], row.Subject)} "
                + LabPairs.TextOf(row.Verdicts[1], row.Subject)));

        static LabSummary Summary(LabVariant variant, double rate, double cpu) => LabSummary.Of(
            variant,
            [.. Enumerable.Range(1, 6).Select(round =>
                new LabMeasurement(round, 1, variant, LabFixture.Figures(rate, cpu: cpu), null))],
            null);
    }

    [Fact]
    public void Every_pair_under_the_same_setting_is_judged_once_in_each_judged_figure()
    {
        LabSummary elsewhere = LabFixture.Summary("a", 1, 2, 3, 4);
        elsewhere = elsewhere with { Variant = elsewhere.Variant with { Setting = new LabSetting(1) } };
        LabSummary nothing = LabSummary.Of(LabFixture.Variant("d"), [], null);

        IReadOnlyList<LabVerdict> verdicts = LabVerdict.Of(
            [LabFixture.Summary("a", 1, 2, 3, 4), LabFixture.Summary("b", 5, 6, 7, 8),
                LabFixture.Summary("c", 5, 6, 7, 8),
                elsewhere, nothing]);

        Assert.Equal(
            ["a-b", "a-c", "b-c"],
            verdicts.Where(verdict => verdict.Metric == Rate.Name)
                .Select(verdict => $"{verdict.First}-{verdict.Second}"));
        Assert.Equal(
            LabMetric.JudgedUnder(LabFixture.Fifty).Select(metric => metric.Name),
            verdicts.Select(verdict => verdict.Metric).Distinct());
    }

    private static LabVerdict Judge(LabMetric metric, double[] a, double[] b) =>
        LabVerdict.Judge(metric, LabFixture.Summary("a", a), LabFixture.Summary("b", b))!;
}
