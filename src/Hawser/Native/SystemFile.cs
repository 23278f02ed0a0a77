using System.Globalization;

namespace Hawser.Native;

/// <summary>Reads small system files (proc(5), cgroups(7)).</summary>
internal static class SystemFile
{
    /// <summary>Reads a limit in force for this process.</summary>
    /// <param name="name">The three words in <c>/proc/self/limits</c>.</param>
    /// <returns>Null if unknown or unlimited.</returns>
    public static long? ReadProcessLimit(string name)
    {
        string? line = Lines("/proc/self/limits").FirstOrDefault(
            entry => entry.StartsWith(name, StringComparison.Ordinal));
        string rest = line is null ? "" : line[name.Length..];
        return ParseLimit(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(""));
    }

    /// <summary>Reads a file that holds one number.</summary>
    /// <returns>Null if it does not, or does not exist.</returns>
    public static long? ReadNumber(string path) => ParseLimit(Lines(path).FirstOrDefault(""));

    /// <summary>A file's lines; none if it cannot be read.</summary>
    public static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A word means no limit: "unlimited", "max".
    private static long? ParseLimit(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
}
