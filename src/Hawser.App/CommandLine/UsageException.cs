namespace Hawser.App.CommandLine;

/// <summary>A usage error. The message names the option at fault and says what is accepted.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Reads input: its <see cref="FormatException"/> is a usage error.</summary>
    public static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Why a path cannot be read as a file; null when it can.</summary>
    public static string? WhyNoFile(string path) =>
        Directory.Exists(path) ? "is a folder, not a file" : File.Exists(path) ? null : "no such file";

    /// <exception cref="IOException">The path is a folder, or there is nothing.</exception>
    public static void RequireFile(string path)
    {
        if (WhyNoFile(path) is { } why)
            throw new IOException($"{path}: {why}");
    }

    /// <summary>The end of an error line that suggests the nearest known word; null if none is near.</summary>
    public static string? Suggest(string typed, IEnumerable<string> known) =>
        Nearest(typed, known) is { } nearest ? $"; did you mean '{nearest}'?" : null;

    /// <summary>The nearest known word; null if none is near.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(name => Distance(typed, name));
        return nearest is not null && Distance(typed, nearest) <= Math.Max(1, typed.Length / 3) ? nearest : null;
    }

    /// <summary>The edit distance with swaps (optimal string alignment).</summary>
    private static int Distance(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }
                int replaced = edits[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                int best = Math.Min(replaced, Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1);
                bool isSwap = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                edits[i, j] = isSwap ? Math.Min(best, edits[i - 2, j - 2] + 1) : best;
            }
        }
        return edits[from.Length, to.Length];
    }
}
