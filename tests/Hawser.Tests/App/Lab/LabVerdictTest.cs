using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabVerdictTest
{
    private static readonly LabMetric Rate = LabMetric.Get("round_trips_per_second");
    private static readonly LabMetric P99 = LabMetric.Get("latency_p99_ns");

    [Fact]
    public void Intervals_that_do_not_overlap_tell_which_is_better()
    {
        LabVerdict verdict = LabVerdict.Judge(
            Rate, LabFixture.Summary("a", 100, 101, 102, 103), LabFixture.Summary("b", 203, 202, 204, 205));

        Assert.Equal("b", verdict.Better);
        Assert.Equal(101.5 / 203.5, verdict.Ratio!.Value, 12);
        Assert.Equal("b has 2.00 times the round trips/s of a", verdict.Words);
    }

    [Fact]
    public void Of_a_latency_less_is_better()
    {
        LabVerdict verdict = LabVerdict.Judge(P99, Summary("a", 100, 101, 102, 103), Summary("b", 203, 202, 204, 205));

        Assert.Equal("a", verdict.Better);
        Assert.Equal("b has 2.00 times the p99 of a", verdict.Words);

        static LabSummary Summary(string name, params long[] p99) => LabSummary.Of(
            LabFixture.Variant(name),
            [.. p99.Select(ns => new LabMeasurement(1, 1, LabFixture.Variant(name), LabFixture.Figures(1, ns), null))],
                null);
    }

    [Fact]
    public void Where_intervals_overlap_or_touch_no_difference_is_seen()
    {
        LabVerdict overlap = LabVerdict.Judge(
            Rate, LabFixture.Summary("a", 100, 101, 102, 300), LabFixture.Summary("b", 203, 202, 204, 205));
        LabVerdict touch = LabVerdict.Judge(
            Rate, LabFixture.Summary("a", 1, 2, 3, 4), LabFixture.Summary("b", 4, 5, 6, 7));

        Assert.Equal((null, LabVerdict.NoDifference), (overlap.Better, overlap.Words));
        Assert.Equal((null, LabVerdict.NoDifference), (touch.Better, touch.Words));
    }

    [Fact]
    public void Latencies_are_not_compared_with_those_of_a_server_that_left_somebody_without_an_answer()
    {
        LabSummary all = LabFixture.Summary("a", 100, 101, 102, 103);
        LabSummary some = LabFixture.Summary("b", 203, 202, 204, 205) with { LeavesOut = true };

        Assert.Equal("b", LabVerdict.Judge(Rate, all, some).Better);
        Assert.Equal(LabVerdict.NotComparable, LabVerdict.Judge(P99, all, some).Words);
        Assert.Equal(LabVerdict.NotComparable, LabVerdict.Judge(P99, some, all).Words);
    }

    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(0, 0, true)]
    [InlineData(1, 30, false)]
    [InlineData(1, 31, true)]
    public void Somebody_is_left_out_when_a_client_or_a_hundredth_of_the_pings_got_no_answer(
        long slowest, long unanswered, bool leavesOut)
    {
        LabFigures figures = LabFixture.Figures(990, slowest: slowest) with { Unanswered = unanswered };

        LabSummary summary = LabSummary.Of(
            LabFixture.Variant("a"), [new LabMeasurement(1, 1, LabFixture.Variant("a"), figures, null)], null);

        Assert.Equal(leavesOut, summary.LeavesOut);
    }

    [Fact]
    public void With_three_rounds_chance_would_say_too_often_that_equals_differ()
    {
        LabVerdict verdict = LabVerdict.Judge(
            Rate, LabFixture.Summary("a", 100, 101, 102), LabFixture.Summary("b", 203, 202, 204, 205));

        Assert.Equal((null, LabVerdict.TooFewRounds), (verdict.Better, verdict.Words));
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
            LabMetric.All.Where(metric => metric.IsJudged).Select(metric => metric.Name),
            verdicts.Select(verdict => verdict.Metric).Distinct());
    }
}
