namespace Hawser.Services.Numbers;

/// <summary>Checks a list against the seed it is said to come from, without trusting its sender.</summary>
public static class NumbersChecker
{
    /// <summary>Compares a file with the list of that seed and index.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">The server's seed.</param>
    /// <param name="index">The list's place in the order of accept, from 0.</param>
    /// <param name="count">Numbers of a list.</param>
    /// <param name="min">The smallest number possible.</param>
    /// <param name="max">The largest number possible.</param>
    /// <exception cref="FormatException">The range is the wrong way round.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <returns>The first difference, for people; null when there is none.</returns>
    public static async Task<string?> FindDifferenceAsync(
        string path, ulong seed, long index, int count, long min, long max)
    {
        var settings = new NumbersSettings(count, NumberRange.OfOptions(min, max), seed);
        await using FileStream file = File.OpenRead(path);
        ListDifference? difference =
            await SeededListCheck.RunAsync(file, settings.CreateWriter(index), CancellationToken.None);
        return difference?.ToString();
    }
}
