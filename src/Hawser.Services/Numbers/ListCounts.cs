namespace Hawser.Services.Numbers;

/// <summary>How many numbers each list has. The wire has no length, so a list that a dying server cut between two
/// numbers, or within one, looks like a short one; its neighbours give it away. For several threads at once.</summary>
internal sealed class ListCounts(int lists)
{
    private readonly int[] _counts = new int[lists];

    public void Note(int list, int count) => Volatile.Write(ref _counts[list], count);

    /// <summary>The lists whose count differs, where most have the same.</summary>
    public IReadOnlyList<ListFailure> FindDoubts()
    {
        (int List, int Count)[] known = [.. _counts.Index().Where(entry => entry.Item > 0)];
        IGrouping<int, (int List, int Count)>? most =
            known.GroupBy(entry => entry.Count).MaxBy(group => group.Count());
        if (most is null || 2 * most.Count() <= known.Length)
            return [];
        return [.. from entry in known
                   where entry.Count != most.Key
                   select new ListFailure(entry.List, $"{entry.Count} numbers, where most lists have {most.Key}; "
                       + $"it may be cut, and --count {most.Key} would fetch it again")];
    }
}
