using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>One list from the wire to both of its files, with nothing read back.</summary>
internal sealed class ListPipeline(NumbersClientOptions options, ListFolders folders)
{
    private long _mark;

    /// <summary>Where the time went.</summary>
    public PipelineStages Stages { get; } = new();

    /// <exception cref="MalformedListException">The list is none; the bytes are on disk as they came.</exception>
    public void Run(int list)
    {
        _mark = Stopwatch.GetTimestamp();
        NumberParser? parser = null;
        ListFile? file = null;
        MalformedListException? malformed = null;
        try
        {
            new ListDownload(options).RunAsync(
                begin: () =>
                {
                    parser?.Dispose();
                    file?.Dispose();
                    parser = new NumberParser(options.Count ?? NumbersProtocol.DefaultCount);
                    file = new ListFile(folders.UnsortedPath(list));
                    malformed = null;
                },
                take: piece =>
                {
                    Stages.Book(PipelineStage.Download, piece.Length, ref _mark);
                    malformed ??= TryAppend(parser!, piece.Span);
                    Stages.Book(PipelineStage.Parse, piece.Length, ref _mark);
                    file!.Append(piece.Span);
                    Stages.Book(PipelineStage.WriteUnsorted, piece.Length, ref _mark);
                }).GetAwaiter().GetResult();
            file!.Complete();
            if (malformed is not null)
                throw malformed;
            SortAndWrite(parser!, file.Length, folders.SortedPath(list));
        }
        finally
        {
            file?.Dispose();
            parser?.Dispose();
        }
    }

    private static MalformedListException? TryAppend(NumberParser parser, ReadOnlySpan<byte> piece)
    {
        try
        {
            parser.Append(piece);
            return null;
        }
        catch (MalformedListException e)
        {
            return e;
        }
    }

    private void SortAndWrite(NumberParser parser, long bytes, string path)
    {
        parser.Finish(options.Count);
        Stages.Book(PipelineStage.Parse, 0, ref _mark);
        parser.List.Sort();
        Stages.Book(PipelineStage.Sort, bytes, ref _mark);
        ListSort.Write(parser.List, path, (formatted, length) =>
            Stages.Book(formatted ? PipelineStage.Format : PipelineStage.WriteSorted, length, ref _mark));
        Stages.Book(PipelineStage.WriteSorted, 0, ref _mark);
    }
}
