using System.Text.Json;

namespace Hawser.App.Dashboard;

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

    /// <summary>Writes an array: the number of each bucket that is not empty, and its count after it.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            if (Interlocked.Read(ref _counts[bucket]) is > 0 and var count)
            {
                json.WriteNumberValue(bucket);
                json.WriteNumberValue(count);
            }
        }
        json.WriteEndArray();
    }
}
