namespace Hawser.Services.Measuring;

/// <summary>
/// One bucket of a <see cref="LatencyHistogram"/>: how many durations lay between its bounds, both included.
/// </summary>
public readonly record struct HistogramBucket(long LowestNs, long HighestNs, long Count);
