namespace Hawser.Services.Measuring;

/// <summary>
/// What a <see cref="LatencyHistogram"/> holds, as plain values for JSON. All durations are nanoseconds.
/// </summary>
/// <param name="Count">How many durations were recorded.</param>
/// <param name="Saturated">How many of them were longer than <see cref="LatencyHistogram.HighestNs"/>.</param>
/// <param name="MinNs">The shortest.</param>
/// <param name="MaxNs">The longest.</param>
/// <param name="SumNs">Their exact sum.</param>
/// <param name="Buckets">The buckets that hold anything, shortest first.</param>
public sealed record HistogramSnapshot(
    long Count,
    long Saturated,
    long MinNs,
    long MaxNs,
    decimal SumNs,
    IReadOnlyList<HistogramBucket> Buckets);
