namespace Hawser.Services.Numbers;

/// <summary>The folders of a client: <c>unsorted_files</c> has the lists as they came, <c>sorted_files</c> has them in
/// ascending order. A file has its final name only once it is complete.</summary>
internal sealed class ListFolders
{
    private readonly string _unsorted;
    private readonly string _sorted;

    /// <summary>Creates the folders if they are missing.</summary>
    /// <exception cref="IOException">They cannot be created.</exception>
    public ListFolders(string parent)
    {
        _unsorted = OutputFolder.Create(Path.Combine(parent, "unsorted_files"));
        _sorted = OutputFolder.Create(Path.Combine(parent, "sorted_files"));
    }

    /// <summary>Completes an unsorted list, and deletes the sorted list of its predecessor.</summary>
    /// <exception cref="IOException">A file cannot be renamed or deleted.</exception>
    public void Replace(int list, ListFile unsorted)
    {
        unsorted.Complete();
        File.Delete(SortedPath(list));
    }

    public string UnsortedPath(int list) => Path.Combine(_unsorted, $"{list}.txt");

    public string SortedPath(int list) => Path.Combine(_sorted, $"{list}.txt");
}
