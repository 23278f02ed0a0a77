using System.Globalization;

namespace Hawser.Services.Text;

/// <summary>Formats nanoseconds: three significant digits and a unit.</summary>
internal static class DurationText
{
    /// <summary>For example <c>850 ns</c>, <c>85.3 µs</c>, <c>-1.23 ms</c>, <c>420 s</c>, <c>16.7 m</c>,
    /// <c>24.0 h</c>.</summary>
    public static string Of(double ns)
    {
        double size = Math.Abs(ns);
        (double unitNs, string unit) = size switch
        {
            < 999.5 => (1, "ns"),
            < 999.5e3 => (1e3, "µs"),
            < 999.5e6 => (1e6, "ms"),
            < 999.5e9 => (1e9, "s"),
            < 7200e9 => (60e9, "m"),
            _ => (3600e9, "h"),
        };
        double value = ns / unitNs;
        int decimals = unitNs == 1 ? 0 : Math.Abs(value) < 9.995 ? 2 : Math.Abs(value) < 99.95 ? 1 : 0;
        return $"{value.ToString("F" + decimals, CultureInfo.InvariantCulture)} {unit}";
    }

    /// <summary>As <see cref="Of"/>, always with a sign.</summary>
    public static string Signed(double ns) => (ns < 0 ? "" : "+") + Of(ns);

    /// <summary>As <see cref="Of"/>, without trailing zeros: <c>24 h</c>.</summary>
    public static string Short(double ns)
    {
        string[] parts = Of(ns).Split(' ');
        if (parts[0].Contains('.', StringComparison.Ordinal))
            parts[0] = parts[0].TrimEnd('0').TrimEnd('.');
        return string.Join(' ', parts);
    }

    /// <summary>A whole number with thousands separators.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
