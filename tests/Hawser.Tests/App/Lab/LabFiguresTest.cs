using System.Globalization;
using Hawser.App.Lab;
using Hawser.App.Lab.Processes;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabFiguresTest
{
    [Fact]
    public void Server_cost_is_the_difference_between_two_samples()
    {
        LabServerFigures figures = LabServerFigures.Between(
            Sample(seconds: 10, roundTrips: 1000, cpuSeconds: 1, waits: 50, preempted: 7), late: null,
            Sample(seconds: 12, roundTrips: 11_000, cpuSeconds: 2.5, waits: 5050, preempted: 17))!;

        Assert.Equal(150, figures.CpuMicrosecondsPerRoundTrip!.Value, 9);
        Assert.Equal(0.75, figures.CpuCores!.Value, 9);
        Assert.Equal(0.5, figures.VoluntarySwitchesPerRoundTrip!.Value, 9);
        Assert.Equal(5, figures.InvoluntarySwitchesPerSecond!.Value, 9);
        Assert.Equal(4096, figures.ResidentBytes);
    }

    [Fact]
    public void Context_switches_come_from_the_sample_taken_before_threads_exit()
    {
        LabSample begin = Sample(10, 1000, 1, 50, 10, threads: 60);
        LabSample end = Sample(12, 11_000, 2.5, 40, 5, threads: 10);

        LabServerFigures seen = LabServerFigures.Between(begin, Sample(11, 6000, 1.7, 5050, 15, threads: 60), end)!;
        LabServerFigures unseen = LabServerFigures.Between(begin, null, end)!;

        Assert.Equal((150, 150), (seen.CpuMicrosecondsPerRoundTrip, unseen.CpuMicrosecondsPerRoundTrip));
        Assert.Equal((1, 5), (seen.VoluntarySwitchesPerRoundTrip, seen.InvoluntarySwitchesPerSecond));
        Assert.Equal((null, null), (unseen.VoluntarySwitchesPerRoundTrip, unseen.InvoluntarySwitchesPerSecond));
    }

    [Fact]
    public void Cpu_per_round_trip_is_omitted_below_ten_clock_ticks() => Assert.Null(LabServerFigures.Between(
        Sample(10, 1000, 1, 0, 0), null, Sample(12, 11_000, 1.09, 0, 0))!.CpuMicrosecondsPerRoundTrip);

    [Theory]
    [InlineData(10, 12.3)]
    [InlineData(10.3, 12)]
    public void Late_samples_yield_no_cpu_figures(double begin, double end)
    {
        LabServerFigures figures = LabServerFigures.Between(
            Sample(begin, 1000, 1, 0, 0, measured: 10), null, Sample(end, 11_000, 2.5, 0, 0, measured: 12))!;

        Assert.Equal((null, null), (figures.CpuMicrosecondsPerRoundTrip, figures.CpuCores));
        Assert.Equal(4096, figures.ResidentBytes);
    }

    [Fact]
    public void A_single_sample_yields_only_memory()
    {
        LabSample only = Sample(10, 1000, 1, 50, 7);

        Assert.Equal(
            new LabServerFigures(null, null, null, null, 4096), LabServerFigures.Between(null, null, only));
        Assert.Null(LabServerFigures.Between(null, null, null));
        Assert.Null(LabServerFigures.Between(only, null, null));
        Assert.Null(LabServerFigures.Between(only, null, only));
    }

    [Fact]
    public void A_process_sample_has_cpu_time_switches_and_resident_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no /proc");
        ProcessSample sample = ProcessSample.TryOf(Environment.ProcessId)!;

        Assert.True(sample.Cpu > TimeSpan.Zero);
        Assert.True(sample.VoluntarySwitches > 0);
        Assert.InRange(sample.ResidentBytes, 1_000_000, 100_000_000_000);
        Assert.Null(ProcessSample.TryOf(int.MaxValue));
    }

    [Theory]
    [InlineData("round_trips_per_second", 1234567.8, "1,234,568")]
    [InlineData("latency_p99_ns", 999, "999 ns")]
    [InlineData("latency_p99_ns", 12345, "12.3 µs")]
    [InlineData("latency_p99_ns", 1234567, "1.23 ms")]
    [InlineData("latency_p99_ns", 2.5e9, "2.50 s")]
    [InlineData("server_cpu_us_per_round_trip", 4.56, "4.6 µs")]
    [InlineData("resident_bytes", 40_123_456, "40.1 MB")]
    [InlineData("load_cpu_share", 0.914, "91 %")]
    public void A_figure_reads_the_same_under_every_culture(string metric, double value, string text)
    {
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NumberDecimalSeparator = ",";
        odd.NumberFormat.NumberGroupSeparator = ".";
        CultureInfo.CurrentCulture = odd;

        Assert.Equal(text, LabMetric.Get(metric).Format(value));
    }

    [Fact]
    public void The_latency_curve_ends_where_less_than_one_latency_is_left()
    {
        LabSummary summary = LabFixture.Result().Summaries[0];

        Assert.Equal(0, summary.LatencyCurve[0].Percent);
        Assert.Equal(99.99, summary.LatencyCurve[^1].Percent);
        Assert.Equal(summary.LatencyCurve.OrderBy(point => point.Ns), summary.LatencyCurve);
    }

    private static LabSample Sample(
        double seconds, long roundTrips, double cpuSeconds, long waits, long preempted, int threads = 8,
        double? measured = null) => new(
        TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(measured ?? seconds), roundTrips,
        new ProcessSample(TimeSpan.FromSeconds(cpuSeconds), waits, preempted, 4096, threads));
}
