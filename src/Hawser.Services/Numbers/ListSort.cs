using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>From the file of an unsorted list to the file of the sorted one.</summary>
internal static class ListSort
{
    // A piece fits the second-level cache.
    private const int PieceBytes = 256 * 1024;

    /// <summary>Reads a list from its file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">How many numbers it must have; null: any.</param>
    /// <param name="maxCount">The most numbers it may have.</param>
    /// <exception cref="MalformedListException">It is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
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

    /// <summary>Sorts a list and writes it to a file, which exists only once it is whole.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Run(NumberList list, string path)
    {
        list.Sort();
        using var file = new ListFile(path);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int position = 0;
            int length;
            while ((length = list.Format(ref position, piece)) > 0)
                file.Append(piece.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
        file.Complete();
    }
}
