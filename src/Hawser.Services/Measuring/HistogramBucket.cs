namespace Hawser.Services.Measuring;

/// <summary>One bucket of a <see cref="LatencyHistogram"/>: the number of durations between its bounds, both
/// included.</summary>
public readonly record struct HistogramBucket(long LowestNs, long HighestNs, long Count);
