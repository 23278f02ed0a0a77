using System.Globalization;

namespace Hawser.Services.Text;

/// <summary>Parses and formats durations and sizes: <c>10ms</c>, <c>5m</c>, <c>64KiB</c>.</summary>
public static class Quantity
{
    private static readonly (string Unit, double Factor)[] DurationUnits =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)];

    private static readonly (string Unit, double Factor)[] SizeUnits =
    [
        ("KiB", 1024), ("MiB", 1024 * 1024), ("GiB", 1024 * 1024 * 1024), ("TiB", 1024.0 * 1024 * 1024 * 1024),
        ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("k", 1024), ("K", 1024), ("M", 1024 * 1024),
        ("G", 1024 * 1024 * 1024), ("B", 1), ("", 1),
    ];

    private static readonly (string Unit, double Factor)[] RateUnits = [("", 1), ("k", 1e3), ("M", 1e6)];

    /// <summary>A duration, or <c>never</c>: <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    /// <exception cref="FormatException">The text is not one; the message gives examples.</exception>
    public static TimeSpan ParseTimeout(string text) =>
        text == "never" ? Timeout.InfiniteTimeSpan : ParseDuration(text, ", 2m or never");

    /// <summary>A number and one of ns, us (or µs), ms, s, m, h; or a bare 0. At most 24 days.</summary>
    /// <exception cref="FormatException">The text is not one; the message gives examples.</exception>
    public static TimeSpan ParseDuration(string text) => ParseDuration(text, " or 2m");

    /// <summary>A whole number of bytes, or a number and one of kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB or
    /// K, M, G (powers of 1024).</summary>
    /// <exception cref="FormatException">The text is not one; the message gives examples.</exception>
    public static long ParseSize(string text) =>
        TryParse(text, SizeUnits, out double bytes) && bytes < long.MaxValue
            ? (long)bytes
            : throw new FormatException($"'{text}' is not a size; use 1500, 64KiB, 10MB or 2GiB");

    /// <summary>A rate per second: a number, with k or M for thousands and millions.</summary>
    /// <exception cref="FormatException">The text is not one; the message gives examples.</exception>
    public static double ParseRate(string text) =>
        TryParse(text, RateUnits, out double rate) && rate is > 0 and <= 1e9
            ? rate
            : throw new FormatException($"'{text}' is not a rate; use 500, 50k or 1.5M");

    /// <summary>Bytes per second: a size, with or without <c>/s</c>.</summary>
    /// <exception cref="FormatException">The text is neither; the message shows what is allowed.</exception>
    public static long ParseByteRate(string text) =>
        TryParse(text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text, SizeUnits, out double bytes)
            && bytes is >= 1 and < long.MaxValue
            ? (long)bytes
            : throw new FormatException($"'{text}' is not a rate; use 64kB/s, 10MB/s or 1GiB/s");

    /// <summary>A whole number within bounds.</summary>
    /// <exception cref="FormatException">It is not; the message gives its name and its bounds.</exception>
    public static int ParseInt(string text, string name, int min, int max) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
        && value >= min && value <= max
            ? value
            : throw new FormatException($"'{text}' is {(IsWhole(text) ? "out of bounds" : $"not a {name}")}; "
                + $"use a whole number from {min} to {max}");

    /// <summary>A size for people: three digits and a unit.</summary>
    public static string FormatSize(long bytes) => bytes switch
    {
        < 10_000 => $"{bytes} B",
        < 999_950 => $"{bytes / 1e3:0.#} kB",
        < 999_950_000 => $"{bytes / 1e6:0.#} MB",
        < 999_995_000_000 => $"{bytes / 1e9:0.##} GB",
        _ => $"{bytes / 1e12:0.##} TB",
    };

    /// <summary>A number of things: <c>1 client</c>, <c>2 clients</c>.</summary>
    public static string FormatCount(long count, string thing) => count == 1 ? $"1 {thing}" : $"{count} {thing}s";

    /// <summary>A duration for people: three significant digits and a unit, like <c>85.3 µs</c>, <c>1.2 ms</c>,
    /// <c>12 s</c> or <c>24 h</c>. From 1,000 s on, minutes; from 2 h on, hours.</summary>
    public static string FormatDuration(TimeSpan duration) =>
        duration == TimeSpan.Zero ? "0 s" : FormatNanoseconds(duration.TotalNanoseconds);

    /// <summary>As <see cref="FormatDuration"/>, of nanoseconds.</summary>
    public static string FormatNanoseconds(double ns) => DurationText.Short(ns);

    private static bool IsWhole(string text) =>
        text.AsSpan(text.StartsWith('-') ? 1 : 0) is { Length: > 0 } digits && !digits.ContainsAnyExceptInRange('0', '9');

    private static TimeSpan ParseDuration(string text, string orElse)
    {
        if (text == "0")
            return TimeSpan.Zero;
        return TryParse(text, DurationUnits, out double seconds) && seconds <= TimeSpan.FromDays(24).TotalSeconds
            ? TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond))
            : throw new FormatException($"'{text}' is not a duration; use 500ms, 5s{orElse}");
    }

    private static bool TryParse(string text, (string Unit, double Factor)[] units, out double value)
    {
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
            digits++;
        string unit = text[digits..];
        value = 0;
        foreach ((string name, double factor) in units)
        {
            if (name != unit)
                continue;
            bool isNumber = double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out double number);
            value = number * factor;
            return isNumber && (factor != 1 || units != SizeUnits || double.IsInteger(number));
        }
        return false;
    }
}
