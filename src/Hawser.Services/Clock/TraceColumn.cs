namespace Hawser.Services.Clock;

/// <summary>The exchanges of one stretch of time, by their delay in nanoseconds.</summary>
internal readonly record struct TraceColumn(long Count, long MinNs, long MaxNs, double SumNs)
{
    public double MeanNs => SumNs / Count;

    public TraceColumn With(TraceColumn other) =>
        Count == 0 ? other
        : other.Count == 0 ? this
        : new TraceColumn(
            Count + other.Count, Math.Min(MinNs, other.MinNs), Math.Max(MaxNs, other.MaxNs), SumNs + other.SumNs);
}
