using Hawser.App.Lab;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Processes;
using Hawser.App.Lab.Trials;
using Hawser.Services.Measuring;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

/// <summary>The course of a lab, with measurements that the test makes up.</summary>
public sealed class LabRunTest
{
    private static readonly LabConditions Quiet = new(0, 0.01, 0.5, 3000);
    private static readonly LabConditions Busy = new(0, 0.3, 2.5, 3000);

    private readonly FakeTime _time = new();
    private readonly List<LabMeasurement> _reported = [];

    [Fact]
    public async Task A_fixed_number_of_rounds_is_measured()
    {
        LabResult result = await RunAsync(Options() with { Rounds = 3 }, _ => (Report(100), Quiet));

        Assert.Equal((6, 3, true), (result.Measurements.Count, result.Rounds, result.IsComplete));
        Assert.Equal(result.Measurements, _reported);
        Assert.All(result.Measurements, measured => Assert.Null(measured.Spoiled));
        Assert.Null(result.WidestInterval);
    }

    [Fact]
    public async Task A_spoiled_measurement_is_repeated_at_once_and_does_not_count()
    {
        int taken = 0;
        LabResult result = await RunAsync(
            Options() with { Rounds = 6 }, _ => ++taken == 3 ? (Report(1), Busy) : (Report(100), Quiet));

        LabMeasurement spoiled = result.Measurements[2];
        LabMeasurement repeated = result.Measurements[3];
        Assert.Equal(13, result.Measurements.Count);
        Assert.Equal("other processes used 30 % of the CPU time", spoiled.Spoiled);
        Assert.Equal((spoiled.Round, spoiled.Place), (repeated.Round, repeated.Place));
        Assert.Equal(spoiled.Variant, repeated.Variant);
        Assert.All(result.Summaries, summary =>
            Assert.Equal((6, 100, 0), (summary.Rounds, summary.Throughput!.Min, summary.Spoiled)));
        Assert.All(result.Verdicts, verdict => Assert.Equal(6, verdict.Ratio.Rounds));
        // The latencies of the spoiled one are left out as well.
        Assert.All(result.Summaries, summary => Assert.Equal(1000, summary.LatencyCurve[^1].Ns));
        Assert.DoesNotContain(result.Warnings, warning => warning.Contains("spoiled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_measured_together_runs_at_the_same_time_and_is_repeated_together()
    {
        int taken = 0;
        var both = new TaskCompletionSource();
        LabOptions options = Options() with { Rounds = 6, Settings = [LabFixture.Fifty with { Together = true }] };
        var run = new LabRun(options, CpuPinning.Split([0, 1]), _time, async (_, cancel) =>
        {
            int number = ++taken;
            if (number % 2 == 0)
                both.SetResult();
            await both.Task.Bounded();
            if (number % 2 == 0)
                both = new TaskCompletionSource();
            return (Report(number), number == 3 ? Busy : Quiet);
        });

        await run.RunAsync(_reported.Add, TestContext.Current.CancellationToken);

        Assert.Equal(14, _reported.Count);
        Assert.Equal(2, _reported.Count(measured => measured.Round == 1));
        Assert.Equal(4, _reported.Count(measured => measured.Round == 2));
        // The partner of the spoiled one is not compared with a later measurement.
        Assert.All(run.Result.Summaries, summary => Assert.Equal((6, 0), (summary.Rounds, summary.Spoiled)));
        Assert.All(LabMeasurement.Counted(run.Result.Measurements.Where(measured => measured.Round == 2)),
            measured => Assert.InRange(measured.Figures!.Load!.RoundTripsPerSecond, 5, 6));
    }

    [Fact]
    public async Task If_every_attempt_is_disturbed_the_best_one_counts_with_a_warning()
    {
        var disturbances = new Queue<(double Rate, double Others)>([(1, 0.3), (2, 0.2), (3, 0.4)]);
        LabResult result = await RunAsync(Options("a") with { Rounds = 1 }, _ =>
        {
            (double rate, double others) = disturbances.Dequeue();
            return (Report(rate), Busy with { OthersCpuShare = others });
        });

        Assert.Equal(LabRun.MostAttempts, result.Measurements.Count);
        LabSummary summary = Assert.Single(result.Summaries);
        Assert.Equal((1, 2, 1), (summary.Rounds, summary.Throughput!.Median, summary.Spoiled));
        Assert.Contains("a, 50 clients: 1 of 1 rounds were spoiled in every attempt and count nevertheless, "
            + "last: other processes used 40 % of the CPU time", result.Warnings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_machine_that_is_never_quiet_repeats_take_a_limited_share_of_the_time(bool isTogether)
    {
        LabOptions options = Options() with
        {
            Rounds = 50,
            Settings = [LabFixture.Fifty with { Together = isTogether }],
        };

        LabResult result = await RunAsync(options, _ => (Report(100), Busy));

        Assert.True(result.IsComplete);
        Assert.InRange(result.Measurements.Count, 101, isTogether ? 134 : 130);
    }

    [Fact]
    public async Task No_measurement_is_repeated_when_disturbance_is_not_judged()
    {
        LabResult result =
            await RunAsync(Options() with { Rounds = 1, SpoiledAt = null }, _ => (Report(100), Busy));

        Assert.Equal(2, result.Measurements.Count);
        Assert.Equal(Busy, result.Measurements[0].Conditions);
    }

    [Fact]
    public async Task An_external_servers_cpu_time_does_not_count_as_foreign_load()
    {
        LabOptions options = Options() with { Rounds = 1, Subjects = [new LabSubject("c", null, "127.0.0.1:1")] };

        LabResult result = await RunAsync(options, _ => (Report(100), Busy));

        Assert.Null(Assert.Single(result.Measurements).Spoiled);
    }

    [Fact]
    public async Task Rounds_are_added_until_every_interval_is_narrow()
    {
        int taken = 0;
        // Far apart in the first twenty rounds, then together.
        LabResult result = await RunAsync(Options() with { UntilWidth = 0.05 },
            _ => (Report(++taken <= 40 ? 50 + (taken * 37 % 100) : 100), Quiet));

        Assert.True(result.IsComplete);
        Assert.InRange(result.WidestInterval!.Value, 0, 0.05);
        Assert.Contains(result.Rounds, (int[])[24, 30, 38, 48, 60, 75, 94]);
        Assert.Equal(2 * result.Rounds, result.Measurements.Count);
        Assert.All(result.Verdicts, verdict => Assert.Equal(0.95, verdict.Ratio.Coverage));
    }

    [Fact]
    public async Task Narrow_intervals_end_the_lab_after_the_rounds_asked_for()
    {
        LabResult result = await RunAsync(Options() with { UntilWidth = 0.05 }, _ => (Report(100), Quiet));

        Assert.Equal(9, result.Rounds);
        Assert.Equal(0, result.WidestInterval);
    }

    [Fact]
    public async Task No_round_is_begun_that_would_end_after_the_time_limit()
    {
        int taken = 0;
        LabOptions options = Options() with { UntilWidth = 0.05, TimeLimit = TimeSpan.FromSeconds(205) };

        LabResult result = await RunAsync(options, _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return (Report(50 + (++taken * 37 % 100)), Quiet);
        });

        Assert.Equal((20, true), (result.Rounds, result.IsComplete));
        Assert.Contains(result.Warnings, warning => warning.StartsWith(
            "the time limit of 205 s was reached: the widest interval is ", StringComparison.Ordinal)
            && warning.EndsWith("wanted was 5 %", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_measurement_is_not_repeated()
    {
        LabResult result = await RunAsync(
            Options("a") with { Rounds = 2 }, _ => throw new LabException("it broke"));

        Assert.Equal(["it broke", "it broke"], result.Measurements.Select(measured => measured.Error));
    }

    private async Task<LabResult> RunAsync(
        LabOptions options, Func<LabVariant, (LoadReport, LabConditions?)> measure)
    {
        var run = new LabRun(
            options, CpuPinning.Split([0, 1]), _time, (variant, _) => Task.FromResult(measure(variant)));
        await run.RunAsync(_reported.Add, TestContext.Current.CancellationToken);
        return run.Result;
    }

    private static LoadReport Report(double rate)
    {
        var latency = new LatencyHistogram();
        latency.Record(rate == 1 ? 1_000_000_000 : 1000);
        return new LoadReport(LabFixture.Figures(rate), latency);
    }

    private static LabOptions Options(params string[] names) => new()
    {
        Subjects = [.. (names is [] ? ["a", "b"] : names).Select(name => new LabSubject(name, name, null))],
        Settings = [LabFixture.Fifty],
        SpoiledAt = 0.05,
        Command = "",
    };
}
