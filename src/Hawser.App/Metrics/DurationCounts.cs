namespace Hawser.App.Metrics;

/// <summary>Counts durations from 1 µs to 19 hours in buckets: every power of two is cut into eight, each 9 % longer
/// than the one before. The counts never fall, so a reader has those of any period as a difference. Thread-safe.</summary>
internal sealed class DurationCounts
{
    /// <summary>Buckets per power of two.</summary>
    public const int PerOctave = 8;

    /// <summary>The lower bound of the first bucket in seconds; it has what is shorter, too.</summary>
    public const double Shortest = 1e-6;

    private const int Octaves = 36;

    private readonly long[] _counts = new long[Octaves * PerOctave];

    public void Record(TimeSpan time) => Record(time.TotalSeconds);

    public void Record(double seconds)
    {
        int bucket = (int)(PerOctave * Math.Log2(Math.Max(seconds, Shortest) / Shortest));
        Interlocked.Increment(ref _counts[Math.Min(bucket, _counts.Length - 1)]);
    }

    /// <summary>The number of each bucket that is not empty, and its count after it.</summary>
    public IReadOnlyList<long> Read()
    {
        List<long> counts = [];
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            if (Interlocked.Read(ref _counts[bucket]) is > 0 and var count)
                counts.AddRange([bucket, count]);
        }
        return counts;
    }

    /// <summary>A percentile of the durations recorded between two readings, by nearest rank.</summary>
    /// <param name="now">The later reading.</param>
    /// <param name="before">The earlier one.</param>
    /// <param name="share">Of the durations that are not longer, 0.99 for example.</param>
    /// <returns>The middle of its bucket, in seconds; null if none was recorded.</returns>
    public static double? Percentile(IReadOnlyList<long> now, IReadOnlyList<long> before, double share)
    {
        Dictionary<long, long> known = ToBuckets(before);
        (long Bucket, long Count)[] grown =
        [
            .. ToBuckets(now).Select(entry => (entry.Key, entry.Value - known.GetValueOrDefault(entry.Key)))
                .Where(entry => entry.Item2 > 0).OrderBy(entry => entry.Key),
        ];
        double left = Math.Ceiling(share * grown.Sum(entry => (double)entry.Count));
        foreach ((long bucket, long count) in grown)
        {
            left -= count;
            if (left <= 0)
                return Shortest * Math.Pow(2, (bucket + 0.5) / PerOctave);
        }
        return null;
    }

    private static Dictionary<long, long> ToBuckets(IReadOnlyList<long> counts)
    {
        var buckets = new Dictionary<long, long>();
        for (int i = 0; i + 1 < counts.Count; i += 2)
            buckets[counts[i]] = counts[i + 1];
        return buckets;
    }
}
