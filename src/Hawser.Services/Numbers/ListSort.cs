using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>The stages between an unsorted list and a sorted one, as both the phases and the pipeline use them.</summary>
internal static class ListSort
{
    // Text passes through the second-level cache in pieces of this size.
    private const int PieceBytes = 256 * 1024;

    /// <summary>Reads a list from its file.</summary>
    /// <exception cref="MalformedListException">It is none.</exception>
    public static NumberParser Parse(string path, int? count)
    {
        using SafeFileHandle file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var parser = new NumberParser(count ?? NumbersProtocol.DefaultCount);
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

    /// <summary>Writes a list to a file.</summary>
    /// <param name="list">The list.</param>
    /// <param name="path">The file; it is there only when it is whole.</param>
    /// <param name="onStage">Told when a piece has been formatted (true) and when it has been written (false).</param>
    public static void Write(NumberList list, string path, Action<bool, int>? onStage = null)
    {
        using var file = new ListFile(path);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int position = 0;
            int length;
            while ((length = list.Format(ref position, piece)) > 0)
            {
                onStage?.Invoke(true, length);
                file.Append(piece.AsSpan(0, length));
                onStage?.Invoke(false, length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
        file.Complete();
    }
}
