namespace Hawser.Services.Measuring;

/// <summary>The content of a <see cref="LatencyHistogram"/> as plain values, for JSON. All durations are
/// nanoseconds.</summary>
/// <param name="Count">The number of durations.</param>
/// <param name="Saturated">The number of durations longer than <see cref="LatencyHistogram.HighestNs"/>.</param>
/// <param name="MinNs">The shortest.</param>
/// <param name="MaxNs">The longest.</param>
/// <param name="SumNs">Their exact sum.</param>
/// <param name="Buckets">The non-empty buckets, shortest first.</param>
public sealed record HistogramSnapshot(
    long Count,
    long Saturated,
    long MinNs,
    long MaxNs,
    decimal SumNs,
    IReadOnlyList<HistogramBucket> Buckets);
