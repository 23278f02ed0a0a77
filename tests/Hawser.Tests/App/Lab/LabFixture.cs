using Hawser.App.Lab;
using Hawser.App.Lab.Conditions;
using Hawser.App.LoadReports;
using Hawser.Services.Measuring;

namespace Hawser.Tests.App.Lab;

/// <summary>Results that nobody measured, always the same.</summary>
internal static class LabFixture
{
    public static readonly LabSetting Fifty = new(50);

    /// <summary>A variant under fifty clients.</summary>
    public static LabVariant Variant(string name) => new(new LabSubject(name, name, null), Fifty);

    /// <summary>Figures of which only these matter.</summary>
    public static LabFigures Figures(
        double rate, long p99Ns = 1_000_000, bool loadWasLimit = false, long slowest = 1, long unanswered = 0,
        double cpu = 4.5) => new()
        {
            Load = new LabLoadFigures
            {
                Seconds = 3,
                RoundTrips = (long)(3 * rate),
                RoundTripsPerSecond = rate,
                LatencyP50Ns = 100_000,
                LatencyP90Ns = 200_000,
                LatencyP99Ns = p99Ns,
                LatencyP999Ns = 2 * p99Ns,
                LatencyMaxNs = 3 * p99Ns,
                Unanswered = unanswered,
                JainIndex = 0.99,
                AnsweredClients = slowest > 0 ? 50 : 49,
                SlowestClientRoundTrips = slowest,
                FastestClientRoundTrips = 2000,
                LoadCpuShare = 0.5,
                LoadWasLimit = loadWasLimit,
            },
            Server = new LabServerFigures(cpu, 0.9, 0.25, 12, 40_000_000),
        };

    /// <summary>A variant's measurements, a round each.</summary>
    public static IEnumerable<LabMeasurement> Rounds(LabVariant variant, params double[] rates) =>
        rates.Select((rate, index) => new LabMeasurement(index + 1, 1, variant, Figures(rate), null)
        {
            Conditions = new LabConditions(0, 0.02, 1.5, 3000),
        });

    /// <summary>Measurements that lost agents.</summary>
    /// <param name="measurements">As if none was lost.</param>
    /// <param name="lost">Of each measurement.</param>
    public static LabMeasurement[] WithLost(LabMeasurement[] measurements, params LostAgent[][] lost) =>
    [
        .. measurements.Zip(lost, (measured, agents) => agents is [] ? measured : measured with
        {
            Figures = measured.Figures! with { Load = measured.Figures.Load! with { LostAgents = agents } },
        }),
    ];

    /// <summary>The summary of these rounds.</summary>
    public static LabSummary Summary(string name, params double[] rates) =>
        LabSummary.Of(Variant(name), [.. Rounds(Variant(name), rates)], latency: null);

    /// <summary>Two models in one round.</summary>
    public static LabResult OneRound()
    {
        LabMeasurement[] measurements = [.. Rounds(Variant("select"), 100_000), .. Rounds(Variant("epoll"), 200_000)];
        LabSummary[] summaries =
        [
            .. ((LabVariant[])[Variant("select"), Variant("epoll")])
                .Select(variant => LabSummary.Of(variant, measurements, latency: null)),
        ];
        return Result() with
        {
            Rounds = 1,
            Warnings = [],
            Measurements = measurements,
            Summaries = summaries,
            Verdicts = LabVerdict.Of(summaries),
        };
    }

    /// <summary>Two models and a program that is not there, six rounds.</summary>
    public static LabResult Result()
    {
        LabVariant gone = new(new LabSubject("gone, \"really\"", null, "127.0.0.1:1"), Fifty);
        LabMeasurement[] measurements =
        [
            .. Rounds(Variant("select"), 100_000, 101_000, 102_000, 103_000, 104_000, 105_000),
            .. Rounds(Variant("epoll"), 200_000, 201_000, 202_000, 203_000, 204_000, 205_000),
            new(1, 3, gone, null, "refused, \"as expected\""),
        ];
        var latency = new LatencyHistogram();
        for (int microseconds = 1; microseconds <= 10_000; microseconds++)
            latency.Record(1000L * microseconds);
        LabSummary[] summaries =
        [
            .. ((LabVariant[])[Variant("select"), Variant("epoll"), gone]).Select(variant =>
                LabSummary.Of(variant, measurements, variant == gone ? null : latency)),
        ];
        return new LabResult
        {
            Command = "hawser lab --models select,epoll --clients 50 --rounds 6 --seed 1",
            Begun = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            IsComplete = true,
            Machine = new LabMachine(
                "a processor", 8, "Linux", "10.0.0", "0.1.0", 0.1, "server to cores 0, load to cores 1"),
            Seed = 1,
            Rounds = 6,
            SecondsPerMeasurement = 3,
            WarmUpSeconds = 1,
            Warnings = ["something <b>is</b> odd"],
            Summaries = summaries,
            Verdicts = LabVerdict.Of(summaries),
            Measurements = measurements,
        };
    }
}
