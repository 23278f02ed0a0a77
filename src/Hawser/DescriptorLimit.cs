using System.Globalization;

namespace Hawser;

/// <summary>How many descriptors this process may have (RLIMIT_NOFILE), and has.</summary>
public static class DescriptorLimit
{
    /// <summary>Descriptors in use; 0 where that is not known.</summary>
    public static int CountUsed() =>
        OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    /// <summary>Reads the limit in force.</summary>
    /// <returns>Null where it is not known, or there is none.</returns>
    public static long? Read()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            string? line = File.ReadLines("/proc/self/limits")
                .FirstOrDefault(entry => entry.StartsWith("Max open files", StringComparison.Ordinal));
            string[] words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
            return words.Length > 3 && long.TryParse(words[3], CultureInfo.InvariantCulture, out long limit)
                ? limit
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
