using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>The limits on one list while it arrives: numbers, bytes, and the rate.</summary>
internal sealed class ListBound(NumbersClientOptions options)
{
    private readonly int _maxNumbers = options.MaxNumbers;
    private readonly long _maxBytes = NumbersProtocol.MaxBytes(options.MaxNumbers);
    private int _commas;
    private long _bytes;
    private TimeSpan _waited;
    private long _received;

    /// <summary>How many numbers have been checked; the last one may be incomplete.</summary>
    public int Numbers => _commas + 1;

    private string MaxNumbers => Quantity.FormatCount(_maxNumbers, "number");

    /// <summary>Checks the next piece before it is stored.</summary>
    /// <exception cref="FormatException">The list is too long. The message names the byte.</exception>
    public void Check(ReadOnlySpan<byte> piece)
    {
        int commas = piece.Count(NumbersProtocol.Separator);
        if (_commas + commas >= _maxNumbers)
        {
            throw new FormatException(
                $"byte {_bytes + IndexOfComma(piece, _maxNumbers - _commas)}: the list continues after "
                + $"{MaxNumbers}{(options.Count is null ? "; --count allows more" : "")}");
        }
        if (_bytes + piece.Length > _maxBytes)
        {
            throw new FormatException($"byte {_maxBytes}: the list is too long for {MaxNumbers}");
        }
        (_commas, _bytes) = (_commas + commas, _bytes + piece.Length);
    }

    /// <summary>Checks the rate after each receive, once per <see cref="NumbersClientOptions.IdleTimeout"/> of
    /// waiting. The time in which this side writes to disk does not count.</summary>
    /// <param name="bytes">What the receive returned.</param>
    /// <param name="waited">How long it took.</param>
    /// <exception cref="IOException">The server is slower than
    /// <see cref="NumbersClientOptions.MinBytesPerSecond"/>.</exception>
    public void CheckRate(int bytes, TimeSpan waited)
    {
        (_received, _waited) = (_received + bytes, _waited + waited);
        if (options.IdleTimeout == Timeout.InfiniteTimeSpan || _waited < options.IdleTimeout)
            return;
        if (_received < options.MinBytesPerSecond * _waited.TotalSeconds)
        {
            throw new IOException(
                $"the server is too slow: {Quantity.FormatSize(_received)} in {Quantity.FormatDuration(_waited)}, "
                + $"where at least {Quantity.FormatSize(options.MinBytesPerSecond)} per second are required");
        }
        (_received, _waited) = (0, TimeSpan.Zero);
    }

    /// <summary>The index of the n-th comma; n counts from 1.</summary>
    private static int IndexOfComma(ReadOnlySpan<byte> piece, int n)
    {
        int index = -1;
        for (; n > 0; n--)
            index += 1 + piece[(index + 1)..].IndexOf(NumbersProtocol.Separator);
        return index;
    }
}
