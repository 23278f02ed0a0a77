using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

/// <summary>A server stands still once. Who counts from the time a ping was to be sent sees it, who counts from
/// the time it was sent does not.</summary>
public sealed class CoordinatedOmissionTest
{
    private const int Clients = 4;
    private const int StallAtPing = 100;
    private const double Rate = 1000;
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task The_open_loop_shows_a_stall_in_its_percentiles_and_service_time_hides_it()
    {
        PingLoadReport report = await RunAsync(Rate);

        // 800 pings were to be sent while the server stood still, 400 of them in the first half of that.
        long seen = LongOf(report.Latency);
        long served = LongOf(report.ServiceTime);
        Assert.InRange(seen, 300, report.RoundTrips);
        Assert.InRange(served, 1, seen / 10);
        Assert.True(report.Latency.PercentileNs(90) > HalfNs(), "the stall is not in the percentiles");
        Assert.True(report.ServiceTime.PercentileNs(90) < HalfNs(), "service time shows it");
    }

    [Fact]
    public async Task The_closed_loop_hides_a_stall()
    {
        PingLoadReport report = await RunAsync(rate: null);

        // One ping of each client waited; all the others were not even sent.
        long seen = LongOf(report.Latency);
        Assert.InRange(seen, 1, report.RoundTrips / 10);
        Assert.True(report.Latency.PercentileNs(90) < HalfNs(), "the closed loop shows it");
    }

    private static async Task<PingLoadReport> RunAsync(double? rate)
    {
        await using var server = new StallingPingServer(StallAtPing, Stall);
        PingLoadReport report = await PingLoad.RunAsync(new PingLoadOptions
        {
            Servers = [server.EndPoint],
            Clients = Clients,
            WarmUp = TimeSpan.Zero,
            Duration = Duration,
            Rate = rate,
        }).Bounded();
        Assert.Equal(0, report.Failed);
        return report;
    }

    private static long LongOf(LatencyHistogram histogram) =>
        histogram.Buckets().Where(bucket => bucket.LowestNs > HalfNs()).Sum(bucket => bucket.Count);

    private static long HalfNs() => (long)(Stall / 2).TotalNanoseconds;
}
