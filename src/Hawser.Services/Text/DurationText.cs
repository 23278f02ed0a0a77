using System.Globalization;

namespace Hawser.Services.Text;

/// <summary>Nanoseconds as people read them: three significant digits and a unit.</summary>
internal static class DurationText
{
    /// <summary>For example <c>850 ns</c>, <c>85.3 µs</c>, <c>-1.23 ms</c>, <c>12 s</c>.</summary>
    public static string Of(double ns)
    {
        double size = Math.Abs(ns);
        (double unitNs, string unit) =
            size < 999.5 ? (1, "ns") : size < 999.5e3 ? (1e3, "µs") : size < 999.5e6 ? (1e6, "ms") : (1e9, "s");
        double value = ns / unitNs;
        int decimals = unitNs == 1 ? 0 : Math.Abs(value) < 9.995 ? 2 : Math.Abs(value) < 99.95 ? 1 : 0;
        return $"{value.ToString("F" + decimals, CultureInfo.InvariantCulture)} {unit}";
    }

    /// <summary>As <see cref="Of"/>, with a sign in any case.</summary>
    public static string Signed(double ns) => (ns < 0 ? "" : "+") + Of(ns);

    /// <summary>As <see cref="Of"/>, without zeros after the point: for axes.</summary>
    public static string Short(double ns)
    {
        string[] parts = Of(ns).Split(' ');
        if (parts[0].Contains('.', StringComparison.Ordinal))
            parts[0] = parts[0].TrimEnd('0').TrimEnd('.');
        return string.Join(' ', parts);
    }

    /// <summary>A whole number with its thousands apart.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
