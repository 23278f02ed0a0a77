using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>The stages between an unsorted list and a sorted file.</summary>
internal static class ListSort
{
    // Text passes through the second-level cache in pieces of this size.
    private const int PieceBytes = 256 * 1024;

    /// <summary>Reads a list from its file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">How many numbers it has to have; null: any.</param>
    /// <param name="maxCount">The most numbers it may have.</param>
    /// <exception cref="MalformedListException">It is none.</exception>
    public static NumberParser Parse(string path, int? count, int maxCount)
    {
        using SafeFileHandle file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var parser = new NumberParser(count ?? NumbersProtocol.DefaultCount, maxCount);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int length;
            for (long offset = 0; (length = RandomAccess.Read(file, piece, offset)) > 0; offset += length)
                parser.Append(piece.AsSpan(0, length));
            parser.Finish(count);
            return parser;
        }
        catch
        {
            parser.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Sorts a list and writes it to a file, which is there only when it is whole.</summary>
    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public static void Run(NumberParser parser, string path, StageClock clock)
    {
        NumberList list = parser.List;
        list.Sort();
        clock.Book(PipelineStage.Sort, parser.TextBytes);
        using var file = new ListFile(path);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int position = 0;
            int length;
            clock.Book(PipelineStage.WriteSorted);
            while ((length = list.Format(ref position, piece)) > 0)
            {
                clock.Book(PipelineStage.Format, length);
                file.Append(piece.AsSpan(0, length));
                clock.Book(PipelineStage.WriteSorted, length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
        file.Complete();
        clock.Book(PipelineStage.WriteSorted);
    }
}
