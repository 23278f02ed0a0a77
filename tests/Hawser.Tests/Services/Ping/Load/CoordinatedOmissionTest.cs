using System.Net;
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
        (PingLoadReport report, _) = await RunAsync(Rate);

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
        (PingLoadReport report, _) = await RunAsync(rate: null);

        // One ping of each client waited; all the others were not even sent.
        long seen = LongOf(report.Latency);
        Assert.InRange(seen, 1, report.RoundTrips / 10);
        Assert.True(report.Latency.PercentileNs(90) < HalfNs(), "the closed loop shows it");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task The_open_loop_shows_a_stall_with_its_length(int pipeline)
    {
        (PingLoadReport report, TimeSpan stall) = await RunAsync(Rate, pipeline);

        // The ping under way waited for all of it; twice as long would be another stall.
        Assert.InRange(report.Latency.MaxNs, stall.TotalNanoseconds, 2 * stall.TotalNanoseconds);
        // Of the pings that were due during the stall, half waited for more than half of it, and so on.
        foreach (double part in (double[])[0.2, 0.5, 0.8])
        {
            double due = (1 - part) * stall.TotalSeconds * Rate;
            long waited = LongOf(report.Latency, part * stall);
            Assert.InRange(waited, 0.9 * due, report.RoundTrips);
            double percent = 100 * (1 - 0.9 * due / report.RoundTrips);
            Assert.InRange(report.Latency.PercentileNs(percent), part * stall.TotalNanoseconds, report.Latency.MaxNs);
        }
    }

    [Fact]
    public async Task An_independent_generator_in_C_shows_the_same_stall()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it is compiled on Linux");
        using var folder = new TemporaryFolder();
        string source = ProgramRepository.PathOf("bench", "reference", "ping", "constant_rate.c");
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        await RunProgramAsync("gcc", "-O2", "-o", folder["constant_rate"], source);

        await using var server = new StallingPingServer(StallAtPing, Stall);
        string port = $"{((IPEndPoint)server.EndPoint).Port}";
        string printed = await RunProgramAsync(
            folder["constant_rate"], port, $"{Clients}", $"{Rate}", $"{Duration.TotalSeconds}");
        double[] other = [.. printed.Split(' ').Select(double.Parse)];
        (PingLoadReport report, TimeSpan stall) = await RunAsync(Rate);

        // Of 2,000 pings, 200 were due in the first 200 ms of the stall and waited for the rest of it, 20 in the first 20.
        double due = Duration.TotalNanoseconds;
        AreOf(server.Stalled, other[2], other[3], other[4]);
        AreOf(stall, report.Latency.PercentileNs(90), report.Latency.PercentileNs(99), report.Latency.MaxNs);

        void AreOf(TimeSpan stalled, double p90, double p99, double max)
        {
            Assert.InRange(p90, stalled.TotalNanoseconds - (0.11 * due), 2 * stalled.TotalNanoseconds);
            Assert.InRange(p99, stalled.TotalNanoseconds - (0.011 * due), 2 * stalled.TotalNanoseconds);
            Assert.InRange(max, p99, 2 * stalled.TotalNanoseconds);
        }
    }

    private static async Task<string> RunProgramAsync(string file, params string[] arguments)
    {
        await using ProgramProcess program = ProgramProcess.StartForeign(file, arguments);
        ProgramResult result = await program.EndAsync();
        Assert.True(result.ExitCode == 0, result.Errors);
        return result.Text;
    }

    private static async Task<(PingLoadReport Report, TimeSpan Stalled)> RunAsync(double? rate, int pipeline = 1)
    {
        await using var server = new StallingPingServer(StallAtPing, Stall);
        PingLoadReport report = await PingLoad.RunAsync(new PingLoadOptions
        {
            Servers = [server.EndPoint],
            Clients = Clients,
            WarmUp = TimeSpan.Zero,
            Duration = Duration,
            Rate = rate,
            Pipeline = pipeline,
        }).Bounded();
        Assert.Equal(0, report.Failed);
        return (report, server.Stalled);
    }

    private static long LongOf(LatencyHistogram histogram) => LongOf(histogram, Stall / 2);

    private static long LongOf(LatencyHistogram histogram, TimeSpan least) =>
        histogram.Buckets().Where(bucket => bucket.LowestNs > least.TotalNanoseconds).Sum(bucket => bucket.Count);

    private static long HalfNs() => (long)(Stall / 2).TotalNanoseconds;
}
