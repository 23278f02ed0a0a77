using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>Downloads lists and sorts them: phase by phase, as the exercise has it, or in one pipeline.</summary>
public sealed class NumbersClient
{
    private readonly NumbersClientOptions _options;
    private readonly ListFolders _folders;

    /// <exception cref="IOException">The folders cannot be made.</exception>
    public NumbersClient(NumbersClientOptions options)
    {
        _options = options;
        _folders = new ListFolders(options.Folder);
    }

    /// <summary>Downloads all lists, then sorts all that came.</summary>
    public NumbersReport Run()
    {
        int[] lists = [.. Enumerable.Range(0, _options.Lists)];
        long begin = Stopwatch.GetTimestamp();
        int[] wanted = [.. lists.Where(list => !(_options.Resume && IsOnDisk(list)))];
        IReadOnlyList<ListFailure> missing = ThreadTeam.Run(_options.Connections, wanted, Download);
        TimeSpan download = Stopwatch.GetElapsedTime(begin);

        begin = Stopwatch.GetTimestamp();
        int[] there = [.. lists.Except(missing.Select(failure => failure.List))];
        IReadOnlyList<ListFailure> malformed = ThreadTeam.Run(_options.Sorters, there, Sort);
        TimeSpan sorting = Stopwatch.GetElapsedTime(begin);
        return new NumbersReport(_options.Lists, download, sorting, [.. missing, .. malformed]);
    }

    /// <summary>Does everything for one list while the next ones are under way: nothing is read back from disk.</summary>
    public (NumbersReport Report, PipelineStages Stages) RunFused()
    {
        var stages = new PipelineStages();
        long begin = Stopwatch.GetTimestamp();
        IReadOnlyList<ListFailure> failures = ThreadTeam.Run(
            _options.Sorters, [.. Enumerable.Range(0, _options.Lists)], list =>
            {
                var pipeline = new ListPipeline(_options, _folders);
                pipeline.Run(list);
                stages.Add(pipeline.Stages);
                _options.OnList?.Invoke();
            });
        TimeSpan total = Stopwatch.GetElapsedTime(begin);
        return (new NumbersReport(_options.Lists, total, TimeSpan.Zero, failures), stages);
    }

    /// <summary>Checks that each sorted list is its unsorted one in ascending order.</summary>
    /// <returns>Those that are not, or are missing.</returns>
    public IReadOnlyList<ListFailure> Verify() =>
        ThreadTeam.Run(_options.Sorters, [.. Enumerable.Range(0, _options.Lists)], list =>
        {
            using NumberParser unsorted = ListSort.Parse(_folders.UnsortedPath(list), _options.Count);
            using NumberParser sorted = ListSort.Parse(_folders.SortedPath(list), _options.Count);
            if (SortedListVerification.FindFault(unsorted.List, sorted.List) is { } fault)
                throw new FormatException($"sorted wrongly: {fault}");
        });

    private bool IsOnDisk(int list)
    {
        try
        {
            ListSort.Parse(_folders.UnsortedPath(list), _options.Count).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return false;
        }
    }

    private void Download(int list)
    {
        ListFile? file = null;
        try
        {
            new ListDownload(_options).RunAsync(
                begin: () =>
                {
                    file?.Dispose();
                    file = new ListFile(_folders.UnsortedPath(list));
                },
                take: piece => file!.Append(piece.Span)).GetAwaiter().GetResult();
            file!.Complete();
        }
        finally
        {
            file?.Dispose();
        }
        _options.OnList?.Invoke();
    }

    private void Sort(int list)
    {
        using NumberParser parser = ListSort.Parse(_folders.UnsortedPath(list), _options.Count);
        parser.List.Sort();
        ListSort.Write(parser.List, _folders.SortedPath(list));
        _options.OnList?.Invoke();
    }
}
