using System.Globalization;

namespace Hawser.Bench.Results;

/// <summary>One figure from several rounds.</summary>
internal sealed class Sample(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => _sorted.Length % 2 == 1
        ? _sorted[_sorted.Length / 2]
        : (_sorted[_sorted.Length / 2 - 1] + _sorted[_sorted.Length / 2]) / 2;

    public double Lowest => _sorted[0];

    public double Highest => _sorted[^1];

    /// <summary>The median, and from the lowest to the highest.</summary>
    public string ToString(string format) =>
        string.Create(CultureInfo.InvariantCulture, $"{Text(Median, format)} ({Text(Lowest, format)} to {Text(Highest, format)})");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
