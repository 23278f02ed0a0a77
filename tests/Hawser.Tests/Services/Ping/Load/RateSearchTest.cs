using System.Net;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

public sealed class RateSearchTest
{
    private static readonly LatencyGoal Goal = LatencyGoal.Parse("p99<1ms");
    private static readonly PingLoadOptions Load = new() { Servers = [new IPEndPoint(IPAddress.Loopback, 1)] };

    private readonly List<(double Rate, bool IsKept)> _steps = [];

    [Theory]
    [InlineData(1_001)]
    [InlineData(5_000)]
    [InlineData(123_456)]
    [InlineData(2_000_000)]
    public async Task The_edge_is_found_within_five_percent(double edge)
    {
        PingLoadReport? best = await SearchAsync(Load, edge);

        Assert.InRange(best!.Options.Rate!.Value, edge / 1.05, edge);
        Assert.Equal(best.Options.Rate, _steps.Last(step => step.IsKept).Rate);
        Assert.All(_steps, step => Assert.Equal(step.Rate <= edge, step.IsKept));
        Assert.InRange(_steps.Count, 2, 30);
    }

    [Fact]
    public async Task It_begins_at_the_rate_that_is_given()
    {
        await SearchAsync(Load with { Rate = 300 }, 10_000);

        Assert.Equal([300, 600, 1200], _steps.Take(3).Select(step => step.Rate));
    }

    [Fact]
    public async Task The_search_gives_up_when_the_first_rate_misses_the_goal()
    {
        Assert.Null(await SearchAsync(Load, 999));
        Assert.Equal([(1000, false)], _steps);
    }

    [Fact]
    public async Task It_ends_even_if_every_rate_is_kept()
    {
        Assert.NotNull(await SearchAsync(Load, double.PositiveInfinity));
        Assert.InRange(_steps.Count, 10, 30);
    }

    private Task<PingLoadReport?> SearchAsync(PingLoadOptions load, double edge) => RateSearch.RunAsync(
        load, Goal, tried => Task.FromResult(Report(tried, tried.Rate <= edge ? 500_000 : 5_000_000)),
        (report, isKept) => _steps.Add((report.Options.Rate!.Value, isKept)));

    private static PingLoadReport Report(PingLoadOptions options, long latencyNs)
    {
        var tally = new PingTally();
        tally.Latency.Record(latencyNs, 100);
        return new PingLoadReport(options, tally, TimeSpan.FromSeconds(1), cpuShare: 0);
    }
}
