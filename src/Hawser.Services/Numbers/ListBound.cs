namespace Hawser.Services.Numbers;

/// <summary>Ends a list at the first number too many, or at the most bytes that so many numbers can have.</summary>
internal sealed class ListBound(NumbersClientOptions options)
{
    private readonly int _mostNumbers = options.MostNumbers;
    private readonly long _mostBytes = NumbersProtocol.MaxBytes(options.MostNumbers);
    private int _commas;
    private long _bytes;

    /// <summary>Checks the next piece, before it is stored anywhere.</summary>
    /// <exception cref="FormatException">The list is too long. The message names the byte.</exception>
    public void Check(ReadOnlySpan<byte> piece)
    {
        int commas = piece.Count(NumbersProtocol.Separator);
        if (_commas + commas >= _mostNumbers)
        {
            throw new FormatException(
                $"byte {_bytes + IndexOfComma(piece, _mostNumbers - _commas)}: the list goes on after {_mostNumbers} "
                + $"numbers{(options.Count is null ? "; --count allows more" : "")}");
        }
        if (_bytes + piece.Length > _mostBytes)
        {
            throw new FormatException(
                $"byte {_mostBytes}: a list of {_mostNumbers} numbers has at most that many bytes");
        }
        (_commas, _bytes) = (_commas + commas, _bytes + piece.Length);
    }

    /// <summary>Where the n-th comma is, counted from 1.</summary>
    private static int IndexOfComma(ReadOnlySpan<byte> piece, int n)
    {
        int index = -1;
        for (; n > 0; n--)
            index += 1 + piece[(index + 1)..].IndexOf(NumbersProtocol.Separator);
        return index;
    }
}
