namespace Hawser.Services.Numbers;

/// <summary>One list from the wire to both of its files, with nothing read back.</summary>
internal sealed class ListPipeline(ListFolders folders, int list, int? count, StageClock clock) : IListSink, IDisposable
{
    private NumberParser? _parser;
    private ListFile? _file;
    private MalformedListException? _malformed;

    public void Begin()
    {
        clock.Book(PipelineStage.Download);
        _file?.Dispose();
        _file = new ListFile(folders.UnsortedPath(list));
        clock.Book(PipelineStage.WriteUnsorted);
        _parser?.Dispose();
        _parser = new NumberParser(count ?? NumbersProtocol.DefaultCount);
        _malformed = null;
    }

    public void Take(ReadOnlySpan<byte> piece)
    {
        clock.Book(PipelineStage.Download, piece.Length);
        Parse(piece);
        clock.Book(PipelineStage.Parse, piece.Length);
        _file!.Append(piece);
        clock.Book(PipelineStage.WriteUnsorted, piece.Length);
    }

    public void End()
    {
        clock.Book(PipelineStage.Download);
        if (_malformed is null)
            _parser!.Finish(count);
        clock.Book(PipelineStage.Parse);
        folders.Replace(list, _file!);
        clock.Book(PipelineStage.WriteUnsorted);
    }

    /// <summary>Sorts what came.</summary>
    /// <returns>How many numbers the list has.</returns>
    /// <exception cref="MalformedListException">It is no list; its bytes are on disk as they came.</exception>
    public int Sort()
    {
        if (_malformed is not null)
            throw _malformed;
        ListSort.Run(_parser!, folders.SortedPath(list), clock);
        return _parser!.List.Count;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _parser?.Dispose();
    }

    /// <summary>Parses on, unless the list is malformed already: its bytes are kept all the same.</summary>
    private void Parse(ReadOnlySpan<byte> piece)
    {
        if (_malformed is not null)
            return;
        try
        {
            _parser!.Append(piece);
        }
        catch (MalformedListException e)
        {
            _malformed = e;
        }
    }
}
