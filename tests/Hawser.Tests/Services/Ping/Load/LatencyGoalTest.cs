using System.Net;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

public sealed class LatencyGoalTest
{
    [Theory]
    [InlineData("p99<1ms", 99, 1000)]
    [InlineData("p99.9<200us", 99.9, 200)]
    [InlineData("p100<2s", 100, 2_000_000)]
    [InlineData("p.5<1.5ms", 0.5, 1500)]
    public void A_goal_is_a_percentile_and_a_duration(string text, double percent, double microseconds) =>
        Assert.Equal(new LatencyGoal(percent, TimeSpan.FromMicroseconds(microseconds)), LatencyGoal.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("p99")]
    [InlineData("99<1ms")]
    [InlineData("p<1ms")]
    [InlineData("p0<1ms")]
    [InlineData("p101<1ms")]
    [InlineData("p-5<1ms")]
    [InlineData("pNaN<1ms")]
    [InlineData("p99<1ms<2ms")]
    [InlineData("p99>1ms")]
    public void A_malformed_latency_goal_is_rejected_with_an_example(string text) => Assert.Equal(
        $"'{text}' is not a latency goal; use p99<1ms",
        Assert.Throws<FormatException>(() => LatencyGoal.Parse(text)).Message);

    [Fact]
    public void A_malformed_duration_in_a_goal_is_rejected() => Assert.Contains(
        "'soon' is not a duration",
        Assert.Throws<FormatException>(() => LatencyGoal.Parse("p99<soon")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_goal_is_met_only_below_its_limit_with_every_ping_answered()
    {
        LatencyGoal goal = LatencyGoal.Parse("p50<1us");

        Assert.True(goal.IsKeptBy(Report(200)));
        // Below 256 ns and powers of two are exact in the histogram; a microsecond is not below a microsecond.
        Assert.False(goal.IsKeptBy(Report(1000)));
        Assert.False(goal.IsKeptBy(Report(null)));
        Assert.False(goal.IsKeptBy(Report(200, failed: 1)));
        Assert.False(goal.IsKeptBy(Report(200, unanswered: 1)));
    }

    [Fact]
    public void A_goal_formats_as_it_is_written() =>
        Assert.Equal("p99.9<200 µs", LatencyGoal.Parse("p99.9<200us").ToString());

    private static PingLoadReport Report(long? latencyNs, int failed = 0, long unanswered = 0)
    {
        var tally = new PingTally { Failed = failed, Unanswered = unanswered };
        if (latencyNs is { } ns)
            tally.Latency.Record(ns);
        return new PingLoadReport(
            new PingLoadOptions { Servers = [new IPEndPoint(IPAddress.Loopback, 1)] }, tally, TimeSpan.FromSeconds(1),
                0);
    }
}
