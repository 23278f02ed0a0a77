using System.Text.Json.Serialization;
using Hawser.Services.Measuring;

namespace Hawser.App.Lab;

/// <summary>One variant over all its rounds.</summary>
/// <param name="Variant">What was measured.</param>
/// <param name="Rounds">Rounds that gave figures.</param>
/// <param name="Failed">Rounds that failed.</param>
/// <param name="LeavesOut">Clients that got no pong at all, or more than a hundredth of the pings: latencies are of the
/// others.</param>
/// <param name="Metrics">The spread of each figure, by its name.</param>
/// <param name="LatencyCurve">Percentiles of the latencies of all rounds together.</param>
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

    /// <summary>The spread of a figure; null when it could not be measured.</summary>
    public LabSpread? this[string metric] => Metrics.GetValueOrDefault(metric);

    /// <summary>Round trips per second.</summary>
    [JsonIgnore]
    public LabSpread? Throughput => this["round_trips_per_second"];

    /// <summary>Sums a variant up.</summary>
    public static LabSummary Of(
        LabVariant variant, IReadOnlyList<LabMeasurement> measurements, LatencyHistogram? latency)
    {
        LabMeasurement[] own = [.. measurements.Where(measurement => measurement.Variant == variant)];
        LabFigures[] figures = [.. own.Where(measurement => measurement.Error is null)
            .Select(measurement => measurement.Figures!)];
        var metrics = new Dictionary<string, LabSpread>();
        foreach (LabMetric metric in LabMetric.All)
        {
            double[] values = [.. figures.Select(metric.Of).OfType<double>()];
            if (values.Length > 0)
                metrics[metric.Name] = LabStatistics.SpreadOf(values);
        }
        bool leavesOut = figures.Any(figure =>
            figure.SlowestClientRoundTrips == 0 || figure.UnansweredShare > FewUnanswered);
        return new LabSummary(
            variant, figures.Length, own.Length - figures.Length, leavesOut, metrics, CurveOf(latency));
    }

    // A percentile that fewer than one latency lies beyond is the maximum, and said once.
    private static LabCurvePoint[] CurveOf(LatencyHistogram? latency) => latency is null or { Count: 0 }
        ? []
        : [.. Percents.Where(percent => (100 - percent) / 100 * latency.Count >= 1)
            .Select(percent => new LabCurvePoint(percent, latency.PercentileNs(percent)))];
}
