namespace Hawser.Services.Numbers;

/// <summary>Where a client keeps lists: as they came in <c>unsorted_files</c>, ascending in <c>sorted_files</c>. A list
/// has its name only when it is whole.</summary>
internal sealed class ListFolders
{
    private readonly string _unsorted;
    private readonly string _sorted;

    /// <summary>Makes the folders if they are missing.</summary>
    /// <exception cref="IOException">They cannot be made.</exception>
    public ListFolders(string parent)
    {
        _unsorted = OutputFolder.Create(Path.Combine(parent, "unsorted_files"));
        _sorted = OutputFolder.Create(Path.Combine(parent, "sorted_files"));
    }

    /// <summary>Gives a list that came its name, and removes the sorted list of an earlier one.</summary>
    /// <exception cref="IOException">It cannot have its name.</exception>
    public void Replace(int list, ListFile unsorted)
    {
        unsorted.Complete();
        File.Delete(SortedPath(list));
    }

    public string UnsortedPath(int list) => Path.Combine(_unsorted, $"{list}.txt");

    public string SortedPath(int list) => Path.Combine(_sorted, $"{list}.txt");
}
