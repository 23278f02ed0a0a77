using System.Globalization;

namespace Hawser.Native;

/// <summary>What the system tells in small files (proc(5), cgroups(7)). A file that is not there tells
/// nothing.</summary>
internal static class SystemFile
{
    /// <summary>A limit of this process, as it is in force.</summary>
    /// <param name="name">As <c>/proc/self/limits</c> calls it, in three words.</param>
    /// <returns>Null where it is not known, or there is none.</returns>
    public static long? ReadProcessLimit(string name)
    {
        string? line = Lines("/proc/self/limits").FirstOrDefault(
            entry => entry.StartsWith(name, StringComparison.Ordinal));
        string rest = line is null ? "" : line[name.Length..];
        return ParseLimit(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(""));
    }

    /// <summary>A file that holds one number.</summary>
    /// <returns>Null where it does not, or is not there.</returns>
    public static long? ReadNumber(string path) => ParseLimit(Lines(path).FirstOrDefault(""));

    /// <summary>A file's lines; none when it cannot be read.</summary>
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

    // What is no number is a word for none: "unlimited", "max".
    private static long? ParseLimit(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
}
