using System.Diagnostics;
using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>Downloads lists of numbers, then sorts them.</summary>
public sealed class NumbersClient
{
    private readonly NumbersClientOptions _options;
    private readonly ListFolders _folders;
    private readonly ListDownload _download;
    private readonly int[] _lists;
    // The number of numbers in each list; 0 for a list that is not sorted.
    private readonly int[] _counts;

    /// <exception cref="IOException">The folders cannot be created.</exception>
    public NumbersClient(NumbersClientOptions options)
    {
        _options = options;
        _folders = new ListFolders(options.Folder);
        _download = new ListDownload(options, _folders);
        _lists = [.. Enumerable.Range(0, options.Lists)];
        _counts = new int[options.Lists];
    }

    /// <summary>Downloads all lists, then sorts those that arrived.</summary>
    public NumbersReport Run()
    {
        Array.Clear(_counts);
        long begin = Stopwatch.GetTimestamp();
        IReadOnlyList<ListFailure> missing = Do(_options.Connections, _lists, Download);
        TimeSpan download = Stopwatch.GetElapsedTime(begin);

        int[] here = AllBut(missing);
        begin = Stopwatch.GetTimestamp();
        IReadOnlyList<ListFailure> unsorted = Do(_options.Sorters, here, Sort);
        TimeSpan sorting = Stopwatch.GetElapsedTime(begin);
        return new NumbersReport(
            here.Length > 0 ? download : null, here.Length > unsorted.Count ? sorting : null,
            [.. missing.Concat(unsorted).OrderBy(failure => failure.List)], FindDoubts());
    }

    /// <summary>Checks that each sorted list is its unsorted list in ascending order.</summary>
    /// <param name="failures">Lists to leave out.</param>
    /// <returns>The lists that differ or are missing.</returns>
    public IReadOnlyList<ListFailure> Verify(IReadOnlyList<ListFailure> failures) =>
        ThreadTeam.Run(_options.Sorters, AllBut(failures), list =>
        {
            using NumberParser unsorted = Parse(_folders.UnsortedPath(list));
            using NumberParser sorted = Parse(_folders.SortedPath(list));
            if (SortVerifier.FindFault(unsorted.List, sorted.List) is { } fault)
                throw new FormatException($"not sorted: {fault}");
        });

    private IReadOnlyList<ListFailure> Do(int threads, IReadOnlyList<int> lists, Action<int> work) =>
        ThreadTeam.Run(threads, lists, list =>
        {
            work(list);
            _options.OnList?.Invoke();
        });

    private int[] AllBut(IReadOnlyList<ListFailure> failures) =>
        [.. _lists.Except(failures.Select(failure => failure.List))];

    private void Download(int list)
    {
        if (!_options.Resume || !IsOnDisk(list))
            _download.Run(list);
    }

    private bool IsOnDisk(int list)
    {
        try
        {
            Parse(_folders.UnsortedPath(list)).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return false;
        }
    }

    private void Sort(int list)
    {
        using NumberParser parser = ParseDownload(list);
        ListSort.Run(parser.List, _folders.SortedPath(list));
        _counts[list] = parser.List.Count;
    }

    private NumberParser ParseDownload(int list)
    {
        try
        {
            return Parse(_folders.UnsortedPath(list));
        }
        catch (MalformedListException e) when (e.Offset == 0)
        {
            throw new FormatException(e.Message + NumbersProtocol.Doubt, e);
        }
    }

    private NumberParser Parse(string path) => ListSort.Parse(path, _options.Count, _options.MaxNumbers);

    /// <summary>The lists whose count differs from that of most others. The protocol has no length: a truncated list looks
    /// like a short one.</summary>
    private IReadOnlyList<ListFailure> FindDoubts()
    {
        (int List, int Count)[] known = [.. _counts.Index().Where(entry => entry.Item > 0)];
        IGrouping<int, (int List, int Count)>? most =
            known.GroupBy(entry => entry.Count).MaxBy(group => group.Count());
        if (most is null || 2 * most.Count() <= known.Length)
            return [];
        return [.. from entry in known
                   where entry.Count != most.Key
                   select new ListFailure(
                       entry.List, $"{Quantity.FormatCount(entry.Count, "number")}, but most lists have {most.Key}; "
                       + $"it may be truncated (--count {most.Key} would fetch it again)")];
    }
}
