using System.Text.Json.Serialization;
using Hawser.Services.Measuring;

namespace Hawser.App.Lab;

/// <summary>The results of one variant over all rounds.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Rounds">Rounds with figures.</param>
/// <param name="Failed">Measurements that failed.</param>
/// <param name="LeavesOut">A client, or more than 1 % of the pings, received no pong: latency covers the others
/// only.</param>
/// <param name="Metrics">The spread of each metric, by its name.</param>
/// <param name="LatencyCurve">Latency percentiles over all rounds.</param>
internal sealed record LabSummary(
    LabVariant Variant,
    int Rounds,
    int Failed,
    bool LeavesOut,
    IReadOnlyDictionary<string, LabSpread> Metrics,
    IReadOnlyList<LabCurvePoint> LatencyCurve)
{
    private const double FewUnanswered = 0.01;

    private static readonly double[] Percents =
    [
        0, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.25, 99.5, 99.7, 99.8, 99.9, 99.925, 99.95,
        99.97, 99.98, 99.99, 99.997, 99.999, 99.9999,
    ];

    /// <summary>Rounds whose every measurement was spoiled; the least disturbed counts.</summary>
    public int Spoiled { get; init; }

    /// <summary>The figures that count, by round.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<int, LabFigures> ByRound { get; init; } = new Dictionary<int, LabFigures>();

    /// <summary>The figures that count and are without the clients of lost agents.</summary>
    [JsonIgnore]
    public IReadOnlyList<LabLoadFigures> WithoutAgents =>
        [.. ByRound.Values.Select(figures => figures.Load!).Where(load => load?.LostAgents is not null)];

    /// <summary>The spread of a metric; null if it was not measured.</summary>
    public LabSpread? this[string metric] => Metrics.GetValueOrDefault(metric);

    /// <summary>Round trips per second.</summary>
    [JsonIgnore]
    public LabSpread? Throughput => this["round_trips_per_second"];

    /// <summary>Summarizes a variant.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="measurements">The measurements of all variants.</param>
    /// <param name="latency">The variant's latencies in all rounds that count.</param>
    /// <param name="looks">The looks of a lab that stops by the width of its intervals.</param>
    public static LabSummary Of(
        LabVariant variant, IReadOnlyList<LabMeasurement> measurements, LatencyHistogram? latency,
        LabLooks? looks = null)
    {
        LabMeasurement[] own = [.. measurements.Where(measurement => measurement.Variant == variant)];
        LabMeasurement[] counted = [.. LabMeasurement.Counted(own)];
        LabFigures[] figures = [.. counted.Select(measurement => measurement.Figures!)];
        var metrics = new Dictionary<string, LabSpread>();
        foreach (LabMetric metric in LabMetric.All)
        {
            double[] values = [.. figures.Select(metric.Of).OfType<double>()];
            if (values.Length > 0)
                metrics[metric.Name] = LabStatistics.SpreadOf(values, looks);
        }
        bool leavesOut = figures.Any(figure =>
            figure.Load is { } load && (load.SlowestClientRoundTrips == 0 || load.UnansweredShare > FewUnanswered));
        int failed = own.Count(measurement => measurement.Error is not null);
        return new LabSummary(variant, figures.Length, failed, leavesOut, metrics, CurveOf(latency))
        {
            Spoiled = counted.Count(measurement => measurement.Spoiled is not null),
            ByRound = counted.ToDictionary(measurement => measurement.Round, measurement => measurement.Figures!),
        };
    }

    // Beyond the last latency every percentile is the maximum.
    private static LabCurvePoint[] CurveOf(LatencyHistogram? latency) => latency is null or { Count: 0 }
        ? []
        : [.. Percents.Where(percent => (100 - percent) / 100 * latency.Count >= 1)
            .Select(percent => new LabCurvePoint(percent, latency.PercentileNs(percent)))];
}
