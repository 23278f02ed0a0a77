using System.Buffers;

namespace Hawser.Services.Numbers;

/// <summary>
/// Compares a list, in pieces of any length, with what its seed and index say it is. Not for several threads at once.
/// </summary>
internal sealed class SeededListCheck(NumberListWriter expected)
{
    private const int BufferBytes = 64 * 1024;

    private readonly byte[] _expected = new byte[BufferBytes];
    private int _start;
    private int _end;
    private long _offset;

    /// <summary>Compares all of a stream.</summary>
    /// <returns>The first byte that differs, or null: the stream is the list.</returns>
    internal static async Task<ListDifference?> RunAsync(
        Stream list, NumberListWriter expected, CancellationToken stopping)
    {
        SeededListCheck check = new(expected);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            ListDifference? difference = null;
            int length;
            while (difference is null && (length = await list.ReadAsync(buffer, stopping)) > 0)
                difference = check.Append(buffer.AsSpan(0, length));
            return difference ?? check.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Compares the next piece; after a difference, the check is of no more use.</summary>
    /// <returns>The first byte that differs, or null: none so far.</returns>
    internal ListDifference? Append(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (_start == _end)
                (_start, _end) = (0, expected.Write(_expected));
            ReadOnlySpan<byte> rest = _expected.AsSpan(_start, _end - _start);
            int same = piece.CommonPrefixLength(rest);
            _offset += same;
            if (rest.IsEmpty)
                return new ListDifference(_offset, null, piece[0]);
            if (same < Math.Min(piece.Length, rest.Length))
                return new ListDifference(_offset, rest[same], piece[same]);
            _start += same;
            piece = piece[same..];
        }
        return null;
    }

    /// <summary>Says that no more bytes come.</summary>
    internal ListDifference? Finish()
    {
        if (_start == _end)
            (_start, _end) = (0, expected.Write(_expected));
        return _start == _end ? null : new ListDifference(_offset, _expected[_start], null);
    }
}
