using System.Globalization;
using System.Text;

namespace Hawser.App.Metrics;

/// <summary>The values of one instrument with one set of labels. Thread-safe.</summary>
/// <param name="labels">As <c>name="value"</c>, separated by commas; may be empty.</param>
/// <param name="bounds">The upper bounds of the buckets of a histogram; null for a single value.</param>
internal sealed class MetricSeries(string labels, double[]? bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[(bounds?.Length ?? 0) + 1];
    private double _sum;

    /// <summary>Adds a value to the sum and, of a histogram, to its bucket.</summary>
    public void Add(double value)
    {
        lock (_gate)
        {
            _sum += value;
            if (bounds is null)
                return;
            int bucket = 0;
            while (bucket < bounds.Length && value > bounds[bucket])
                bucket++;
            _buckets[bucket]++;
        }
    }

    /// <summary>Replaces the value.</summary>
    public void Set(double value)
    {
        lock (_gate)
            _sum = value;
    }

    /// <summary>Appends the sample lines.</summary>
    public void Write(StringBuilder text, string name)
    {
        lock (_gate)
        {
            if (bounds is null)
            {
                WriteSample(text, name, labels, _sum);
                return;
            }
            string comma = labels == "" ? "" : ",";
            long count = 0;
            for (int bucket = 0; bucket < _buckets.Length; bucket++)
            {
                count += _buckets[bucket];
                string bound = bucket < bounds.Length ? Number(bounds[bucket]) : "+Inf";
                WriteSample(text, $"{name}_bucket", $"{labels}{comma}le=\"{bound}\"", count);
            }
            WriteSample(text, $"{name}_sum", labels, _sum);
            WriteSample(text, $"{name}_count", labels, count);
        }
    }

    private static void WriteSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels != "")
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
