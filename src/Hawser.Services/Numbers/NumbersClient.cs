using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>Downloads lists and sorts them: phase by phase, as the exercise has it, or in one pipeline.</summary>
public sealed class NumbersClient
{
    private readonly NumbersClientOptions _options;
    private readonly ListFolders _folders;
    private readonly int[] _lists;

    /// <exception cref="IOException">The folders cannot be made.</exception>
    public NumbersClient(NumbersClientOptions options)
    {
        _options = options;
        _folders = new ListFolders(options.Folder);
        _lists = [.. Enumerable.Range(0, options.Lists)];
    }

    /// <summary>Downloads all lists, then sorts all that came.</summary>
    public NumbersReport Run()
    {
        long begin = Stopwatch.GetTimestamp();
        IReadOnlyList<ListFailure> missing = Do(_options.Connections, _lists, Download);
        TimeSpan download = Stopwatch.GetElapsedTime(begin);

        int[] here = AllBut(missing);
        begin = Stopwatch.GetTimestamp();
        var counts = new ListCounts(_options.Lists);
        var stages = new PipelineStages();
        IReadOnlyList<ListFailure> unsorted = Do(
            _options.Sorters, here, list => counts.Note(list, SortFile(list, stages)));
        TimeSpan sorting = Stopwatch.GetElapsedTime(begin);
        return new NumbersReport(
            here.Length > 0 ? download : null, here.Length > unsorted.Count ? sorting : null,
            [.. missing.Concat(unsorted).OrderBy(failure => failure.List)], counts.FindDoubts());
    }

    /// <summary>Does everything for one list while the next ones are under way: nothing is read back.</summary>
    public PipelineReport RunFused()
    {
        var stages = new PipelineStages();
        var counts = new ListCounts(_options.Lists);
        long begin = Stopwatch.GetTimestamp();
        IReadOnlyList<ListFailure> failures = Do(
            _options.Pipelines, _lists, list => counts.Note(list, DownloadAndSort(list, stages)));
        TimeSpan? time = failures.Count < _options.Lists ? Stopwatch.GetElapsedTime(begin) : null;
        return new PipelineReport(time, stages, failures, counts.FindDoubts());
    }

    /// <summary>Checks that each sorted list is its unsorted one in ascending order.</summary>
    /// <param name="failures">Lists that there is no point in checking.</param>
    /// <returns>Those that are not, or are missing.</returns>
    public IReadOnlyList<ListFailure> Verify(IReadOnlyList<ListFailure> failures) =>
        ThreadTeam.Run(_options.Sorters, AllBut(failures), list =>
        {
            using NumberParser unsorted = Parse(_folders.UnsortedPath(list));
            using NumberParser sorted = Parse(_folders.SortedPath(list));
            if (SortedListVerification.FindFault(unsorted.List, sorted.List) is { } fault)
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
        if (_options.Resume && IsOnDisk(list))
            return;
        using var saver = new ListSaver(_folders, list, _options.Count);
        new ListDownload(_options).Run(saver);
    }

    private int DownloadAndSort(int list, PipelineStages stages)
    {
        if (_options.Resume && IsOnDisk(list))
            return SortFile(list, stages);
        using var pipeline = new ListPipeline(_folders, list, _options.Count, new StageClock(stages));
        new ListDownload(_options).Run(pipeline);
        return pipeline.Sort();
    }

    private NumberParser Parse(string path) => ListSort.Parse(path, _options.Count, _options.MaxNumbers);

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

    /// <summary>Sorts a list that is on disk.</summary>
    /// <returns>How many numbers it has.</returns>
    private int SortFile(int list, PipelineStages stages)
    {
        var clock = new StageClock(stages);
        using NumberParser parser = Parse(_folders.UnsortedPath(list));
        clock.Book(PipelineStage.Parse, parser.TextBytes);
        ListSort.Run(parser, _folders.SortedPath(list), clock);
        return parser.List.Count;
    }
}
