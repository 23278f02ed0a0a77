namespace Hawser.Services.Numbers;

/// <summary>Verifies that one list is another one, sorted.</summary>
internal static class SortVerifier
{
    /// <summary>Checks the order and the count, and that no number is missing, added or changed.</summary>
    /// <param name="unsorted">The list as it came. It gets sorted.</param>
    /// <param name="sorted">What is claimed to be that list in ascending order.</param>
    /// <returns>The first fault; null if there is none. Positions count from 0.</returns>
    internal static string? FindFault(NumberList unsorted, NumberList sorted)
    {
        for (int i = 1; i < sorted.Count; i++)
        {
            if (sorted[i] < sorted[i - 1])
                return $"number {i} is {sorted[i]}, less than number {i - 1}, {sorted[i - 1]}";
        }
        if (sorted.Count != unsorted.Count)
            return $"the list has {sorted.Count} numbers, not {unsorted.Count}";
        unsorted.Sort();
        for (int i = 0; i < sorted.Count; i++)
        {
            if (sorted[i] != unsorted[i])
                return $"number {i} is {sorted[i]}, not {unsorted[i]}";
        }
        return null;
    }
}
