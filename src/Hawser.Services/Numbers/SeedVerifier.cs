using System.Buffers;

namespace Hawser.Services.Numbers;

/// <summary>Compares a list with the one that its seed generates, so that its sender need not be trusted. Not for
/// several threads at once.</summary>
public sealed class SeedVerifier
{
    private const int BufferBytes = 64 * 1024;

    private readonly NumberListWriter _writer;
    private readonly byte[] _expected = new byte[BufferBytes];
    private int _start;
    private int _end;
    private long _offset;

    internal SeedVerifier(NumberListWriter expected) => _writer = expected;

    /// <summary>Compares a file with the list of a seed and an index.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">The server's seed.</param>
    /// <param name="index">The list's place in the order of accept, from 0.</param>
    /// <param name="count">Numbers per list.</param>
    /// <param name="min">The smallest possible number.</param>
    /// <param name="max">The largest possible number.</param>
    /// <returns>The first difference: <c>byte 4711: expected ',', found '7'</c>; null if there is none.</returns>
    /// <exception cref="FormatException"><paramref name="max"/> is below <paramref name="min"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<string?> FindDifferenceAsync(
        string path, ulong seed, long index, int count, long min, long max)
    {
        NumberGenerator generator = NumberGenerator.ForList(seed, index, NumberRange.OfOptions(min, max));
        await using FileStream file = File.OpenRead(path);
        return await FindDifferenceAsync(file, new NumberListWriter(generator, count), CancellationToken.None);
    }

    /// <summary>Compares a whole stream.</summary>
    /// <returns>The first difference; null if there is none.</returns>
    internal static async Task<string?> FindDifferenceAsync(
        Stream list, NumberListWriter expected, CancellationToken stopping)
    {
        var verifier = new SeedVerifier(expected);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            string? difference = null;
            int length;
            while (difference is null && (length = await list.ReadAsync(buffer, stopping)) > 0)
                difference = verifier.Append(buffer.AsSpan(0, length));
            return difference ?? verifier.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Compares the next piece. After a difference, the verifier is of no more use.</summary>
    /// <returns>The first difference; null if there is none so far.</returns>
    internal string? Append(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            ReadOnlySpan<byte> rest = Rest();
            int same = piece.CommonPrefixLength(rest);
            _offset += same;
            if (rest.IsEmpty)
                return $"byte {_offset}: expected the end of the list, found {NumbersProtocol.Describe(piece[0])}";
            if (same < Math.Min(piece.Length, rest.Length))
            {
                return $"byte {_offset}: expected {NumbersProtocol.Describe(rest[same])}, "
                    + $"found {NumbersProtocol.Describe(piece[same])}";
            }
            _start += same;
            piece = piece[same..];
        }
        return null;
    }

    /// <summary>Compares the end: no more bytes come.</summary>
    /// <returns>The difference; null if there is none.</returns>
    internal string? Finish() =>
        Rest() is [byte next, ..] ? $"file ends at byte {_offset}, expected {NumbersProtocol.Describe(next)}" : null;

    /// <summary>Expected bytes that are not compared yet; empty at the end of the list.</summary>
    private ReadOnlySpan<byte> Rest()
    {
        if (_start == _end)
            (_start, _end) = (0, _writer.Write(_expected));
        return _expected.AsSpan(_start, _end - _start);
    }
}
