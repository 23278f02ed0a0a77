namespace Hawser.Bench.Results;

/// <summary>One figure over several rounds; a dash without rounds.</summary>
internal sealed class Sample(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    /// <summary>The median, and minimum to maximum in parentheses if they differ.</summary>
    public string ToString(string format) => ToString(value => value.ToString(format));

    /// <inheritdoc cref="ToString(string)"/>
    public string ToString(Func<double, string> text) => IsEmpty ? "–"
        : text(_sorted[0]) == text(_sorted[^1]) ? text(Median)
        : $"{text(Median)} ({text(_sorted[0])} to {text(_sorted[^1])})";

    /// <summary>The median alone.</summary>
    public string MedianText(string format) => IsEmpty ? "–" : Median.ToString(format);

    private bool IsEmpty => _sorted.Length == 0;

    private double Median => IsEmpty ? double.NaN
        : _sorted.Length % 2 == 1 ? _sorted[_sorted.Length / 2]
        : (_sorted[_sorted.Length / 2 - 1] + _sorted[_sorted.Length / 2]) / 2;
}
