using Hawser.Services.Measuring;

namespace Hawser.Services.Clock.Statistics;

/// <summary>A summary of a distribution of durations, in nanoseconds.</summary>
/// <param name="Count">The number of durations.</param>
/// <param name="MinNs">The shortest, exact.</param>
/// <param name="MeanNs">The mean, exact.</param>
/// <param name="MedianNs">The median, within <see cref="LatencyHistogram.RelativeError"/>.</param>
/// <param name="P99Ns">The 99th percentile, within the same.</param>
/// <param name="P999Ns">The 99.9th percentile, within the same.</param>
/// <param name="MaxNs">The longest, exact.</param>
public sealed record LatencySpread(
    long Count, long MinNs, double MeanNs, long MedianNs, long P99Ns, long P999Ns, long MaxNs)
{
    /// <summary>The spread of a histogram; null if it is empty.</summary>
    public static LatencySpread? Of(LatencyHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        return histogram.Count == 0 ? null : new LatencySpread(
            histogram.Count,
            histogram.MinNs,
            histogram.MeanNs,
            histogram.PercentileNs(50),
            histogram.PercentileNs(99),
            histogram.PercentileNs(99.9),
            histogram.MaxNs);
    }
}
