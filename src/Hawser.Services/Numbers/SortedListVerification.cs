namespace Hawser.Services.Numbers;

/// <summary>Proves that one list is another one, sorted.</summary>
internal static class SortedListVerification
{
    /// <summary>Checks the order, the count, and that no number was lost, added or changed.</summary>
    /// <param name="unsorted">The list as it came. Gets sorted.</param>
    /// <param name="sorted">What is claimed to be that list in ascending order.</param>
    /// <returns>What is wrong, or null: nothing. Positions count from 0.</returns>
    internal static string? FindFault(NumberList unsorted, NumberList sorted)
    {
        for (int i = 1; i < sorted.Count; i++)
        {
            if (sorted[i] < sorted[i - 1])
                return $"number {i} is {sorted[i]}, below the one before it, {sorted[i - 1]}";
        }
        if (sorted.Count != unsorted.Count)
            return $"{sorted.Count} numbers instead of {unsorted.Count}";
        unsorted.Sort();
        for (int i = 0; i < sorted.Count; i++)
        {
            if (sorted[i] != unsorted[i])
                return $"number {i} is {sorted[i]} instead of {unsorted[i]}";
        }
        return null;
    }
}
