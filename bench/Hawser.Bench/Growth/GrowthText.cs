namespace Hawser.Bench.Growth;

/// <summary>Formats figures.</summary>
internal static class GrowthText
{
    /// <summary>Text of a missing figure.</summary>
    public const string None = "–";

    public static string Whole(double value) => $"{value:#,0}";

    public static string Thousands(double value) => value < 99_950 ? $"{value / 1e3:0.0} k" : $"{value / 1e3:#,0} k";

    public static string Megabytes(double bytes) => $"{bytes / 1e6:#,0} MB";

    public static string Time(double ns) => ns switch
    {
        < 999.5e3 => $"{ns / 1e3:0} µs",
        < 9.995e6 => $"{ns / 1e6:0.0} ms",
        < 999.5e6 => $"{ns / 1e6:0} ms",
        _ => $"{ns / 1e9:0.0} s",
    };
}
