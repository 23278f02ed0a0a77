using System.Numerics;

namespace Hawser.Services.Measuring;

/// <summary>
/// Counts durations from 0 ns to <see cref="HighestNs"/> (73 minutes) in log-linear buckets: every power of two is cut
/// into 128 equal parts. Memory is fixed (4,608 counts, 36 KiB); recording is O(1) and allocates nothing.
/// </summary>
/// <remarks>Durations below 256 ns are exact. Above, a percentile differs from the exact one (nearest rank over the
/// sorted samples) by at most <see cref="RelativeError"/> of it. Minimum, maximum and mean are exact. The layout is
/// that of Gil Tene's HdrHistogram. Not thread-safe: give each thread its own and <see cref="Add"/> them.</remarks>
public sealed class LatencyHistogram
{
    private const int PartBits = 7;
    private const int Parts = 1 << PartBits;
    private const int HighestBit = 42;
    private const int BucketCount = (HighestBit - PartBits + 1) * Parts;

    private readonly long[] _counts = new long[BucketCount];
    private long _min = long.MaxValue;
    private UInt128 _sum;

    /// <summary>The longest distinct duration in nanoseconds (about 73 minutes); longer ones count as this
    /// one.</summary>
    public const long HighestNs = (1L << HighestBit) - 1;

    /// <summary>The bound on the relative error of a percentile: half a bucket, 1/256 or 0.4 %.</summary>
    public const double RelativeError = 1.0 / (2 * Parts);

    /// <summary>The number of durations.</summary>
    public long Count { get; private set; }

    /// <summary>The number of durations longer than <see cref="HighestNs"/>.</summary>
    public long Saturated { get; private set; }

    /// <summary>The shortest duration in nanoseconds, exact; 0 if empty.</summary>
    public long MinNs => Count == 0 ? 0 : _min;

    /// <summary>The longest duration in nanoseconds, exact up to <see cref="HighestNs"/>; 0 if empty.</summary>
    public long MaxNs { get; private set; }

    /// <summary>The mean in nanoseconds, from the exact sum; 0 if empty.</summary>
    public double MeanNs => Count == 0 ? 0 : (double)_sum / Count;

    /// <summary>Records a duration in nanoseconds. A negative one counts as 0, one that is too long as
    /// <see cref="HighestNs"/>.</summary>
    public void Record(long ns) => Record(ns, 1);

    /// <summary>Records the same duration several times.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is negative.</exception>
    public void Record(long ns, long times)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        if (times == 0)
            return;
        if (ns > HighestNs)
        {
            ns = HighestNs;
            Saturated += times;
        }

        if (ns < 0)
            ns = 0;
        _counts[IndexOf(ns)] += times;
        Count += times;
        _sum += (UInt128)(ulong)ns * (ulong)times;
        if (ns < _min)
            _min = ns;
        if (ns > MaxNs)
            MaxNs = ns;
    }

    /// <summary>Adds the counts of <paramref name="other"/>.</summary>
    public void Add(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < BucketCount; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
        Saturated += other.Saturated;
        _sum += other._sum;
        _min = Math.Min(_min, other._min);
        MaxNs = Math.Max(MaxNs, other.MaxNs);
    }

    /// <summary>The durations recorded since an earlier copy of this histogram. Minimum and maximum are those of the
    /// outermost buckets.</summary>
    /// <exception cref="ArgumentException">The other one has higher counts: it is not an earlier copy.</exception>
    public LatencyHistogram Since(LatencyHistogram earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        var since = new LatencyHistogram();
        for (int i = 0; i < BucketCount; i++)
        {
            if (_counts[i] < earlier._counts[i])
                throw new ArgumentException("not an earlier copy of this histogram", nameof(earlier));
            since.Record(MiddleOf(i), _counts[i] - earlier._counts[i]);
        }
        return since;
    }

    /// <summary>A percentile in nanoseconds (nearest rank), within <see cref="RelativeError"/>; 0 if empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="percent"/> is not between 0 and 100.</exception>
    public long PercentileNs(double percent)
    {
        if (!(percent is >= 0 and <= 100))
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "a percentile is between 0 and 100");
        if (Count == 0)
            return 0;

        // Decimal, because 99.9 / 100 * 1000 in binary floating point is a little more than 999.
        long rank = Math.Max(1, (long)Math.Ceiling((decimal)percent * Count / 100));
        if (rank == Count)
            return MaxNs;
        int index = -1;
        for (long seen = 0; seen < rank;)
            seen += _counts[++index];
        return Math.Clamp(MiddleOf(index), MinNs, MaxNs);
    }

    /// <summary>The non-empty buckets, shortest first.</summary>
    public IEnumerable<HistogramBucket> Buckets()
    {
        for (int i = 0; i < BucketCount; i++)
        {
            if (_counts[i] > 0)
                yield return new HistogramBucket(LowestOf(i), HighestOf(i), _counts[i]);
        }
    }

    /// <summary>A copy as plain values, for JSON.</summary>
    public HistogramSnapshot ToSnapshot() => new(Count, Saturated, MinNs, MaxNs, (decimal)_sum, [.. Buckets()]);

    /// <summary>The inverse of <see cref="ToSnapshot"/>.</summary>
    /// <exception cref="FormatException">The snapshot contradicts itself or has other buckets.</exception>
    public static LatencyHistogram FromSnapshot(HistogramSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var histogram = new LatencyHistogram();
        foreach (HistogramBucket bucket in snapshot.Buckets ?? [])
            histogram.Restore(bucket);
        if (histogram.Count != snapshot.Count)
            throw new FormatException($"the buckets hold {histogram.Count} durations, not {snapshot.Count}");
        if (snapshot.Saturated < 0 || snapshot.Saturated > snapshot.Count)
            throw new FormatException($"{snapshot.Saturated} saturated of {snapshot.Count} cannot be");
        if (histogram.Count > 0 && !histogram.Spans(snapshot.MinNs, snapshot.MaxNs))
            throw new FormatException("minimum or maximum lies outside the outermost buckets");
        decimal count = snapshot.Count;
        if (snapshot.SumNs < snapshot.MinNs * count || snapshot.SumNs > snapshot.MaxNs * count)
            throw new FormatException("the sum does not lie between minimum and maximum times count");
        histogram.Saturated = snapshot.Saturated;
        histogram._sum = (UInt128)snapshot.SumNs;
        histogram._min = histogram.Count > 0 ? snapshot.MinNs : long.MaxValue;
        histogram.MaxNs = snapshot.MaxNs;
        return histogram;
    }

    private void Restore(HistogramBucket bucket)
    {
        if (bucket.LowestNs is < 0 or > HighestNs || bucket.Count <= 0)
            throw new FormatException($"no bucket starts at {bucket.LowestNs} ns or none holds {bucket.Count}");
        int index = IndexOf(bucket.LowestNs);
        if (LowestOf(index) != bucket.LowestNs || HighestOf(index) != bucket.HighestNs || _counts[index] != 0)
            throw new FormatException($"{bucket.LowestNs} to {bucket.HighestNs} ns is no bucket, or is given twice");
        _counts[index] = bucket.Count;
        Count = checked(Count + bucket.Count);
    }

    private bool Spans(long minNs, long maxNs)
    {
        HistogramBucket first = Buckets().First();
        HistogramBucket last = Buckets().Last();
        return minNs <= maxNs && minNs >= first.LowestNs && minNs <= first.HighestNs
            && maxNs >= last.LowestNs && maxNs <= last.HighestNs;
    }

    private static int IndexOf(long ns)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)ns) - PartBits);
        return (shift << PartBits) + (int)(ns >> shift);
    }

    private static int ShiftOf(int index) => Math.Max(0, (index >> PartBits) - 1);

    private static long LowestOf(int index) => (long)(index - (ShiftOf(index) << PartBits)) << ShiftOf(index);

    private static long HighestOf(int index) => LowestOf(index) + (1L << ShiftOf(index)) - 1;

    private static long MiddleOf(int index) => LowestOf(index) + ((1L << ShiftOf(index)) >> 1);
}
