using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hawser.Services.Numbers.Avx512;

namespace Hawser.Services.Numbers;

/// <summary>
/// Reads a list in pieces of any length. Checks every rule of <see cref="NumbersProtocol"/> and throws
/// <see cref="MalformedListException"/> at the first that is broken, after which the parser is of no more use. Not for
/// several threads at once.
/// </summary>
internal sealed class NumberParser : IDisposable
{
    // Sign, 19 digits and comma, read eight digits at a time.
    private const int WholeBytes = 1 + 24;

    // The most numbers that are read before the list's length is checked again.
    private const int MaxBlockNumbers = Avx512NumberParser.ChunkBytes;

    private readonly bool _vectorized;
    private readonly int _maxCount;
    // After numbers that the vectors refuse, the portable path soon returns to them.
    private readonly int _blockNumbers;
    private Place _place = Place.Start;
    private bool _negative;
    private ulong _magnitude;
    // The bytes of all previous pieces.
    private long _offset;

    /// <param name="expectedCount">Reserves memory; the list may still be shorter or longer.</param>
    /// <param name="maxCount">A list with more numbers is malformed.</param>
    internal NumberParser(int expectedCount = NumbersProtocol.DefaultCount, int maxCount = NumbersProtocol.MaxCount)
        : this(expectedCount, maxCount, Avx512NumberParser.IsSupported)
    {
    }

    internal NumberParser(int expectedCount, int maxCount, bool vectorized)
    {
        _vectorized = vectorized;
        _blockNumbers = vectorized ? 8 : 256;
        _maxCount = maxCount;
        List = new NumberList(expectedCount);
    }

    private static ReadOnlySpan<uint> PowersOfTen =>
        [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    private enum Place
    {
        Start,
        AfterComma,
        AfterMinus,
        InDigits,
        AfterCarriageReturn,
        AfterNewline,
    }

    /// <summary>The numbers so far; complete after <see cref="Finish"/>. Lives as long as the parser.</summary>
    internal NumberList List { get; }

    /// <summary>Reads the next piece.</summary>
    /// <exception cref="MalformedListException">The list breaks a rule.</exception>
    internal void Append(ReadOnlySpan<byte> piece)
    {
        int at = 0;
        while (at < piece.Length)
        {
            if (_place is Place.AfterComma or Place.Start)
                at = ParseWhole(piece, at);
            at = ParseOne(piece, at);
        }
        _offset += piece.Length;
    }

    /// <summary>Ends the list.</summary>
    /// <param name="expectedCount">How many numbers the list must have; null: one or more.</param>
    /// <exception cref="MalformedListException">The list is truncated.</exception>
    internal void Finish(int? expectedCount = null)
    {
        if (_place == Place.InDigits)
            EndNumber(_offset);
        byte? last = _place switch
        {
            Place.Start => null,
            Place.AfterComma => NumbersProtocol.Separator,
            Place.AfterMinus => (byte)'-',
            Place.AfterCarriageReturn => (byte)'\r',
            _ => (byte)'0',
        };
        if (NumbersProtocol.FindCut(last, List.Count, expectedCount) is { } rule)
            throw new MalformedListException(_offset, rule);
        _place = Place.AfterNewline;
    }

    public void Dispose() => List.Dispose();

    /// <summary>Reads numbers that this piece has in full, up to the first that is unusual.</summary>
    /// <returns>Where the next number starts, which is before the end of the piece.</returns>
    private int ParseWhole(ReadOnlySpan<byte> piece, int at)
    {
        int start = at;
        while (piece.Length - at >= WholeBytes && List.Count <= _maxCount - MaxBlockNumbers)
        {
            if (_vectorized)
                at = ParseWholeVectorized(piece, at);
            int before = at;
            at = List.IsWide ? ParseWholeWide(piece, at) : ParseWholeNarrow(piece, at);
            if (at == before)
                break;
        }
        if (at > start)
            _place = Place.AfterComma;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ParseWholeNarrow(ReadOnlySpan<byte> piece, int at)
    {
        Span<int> block = List.Reserve(_blockNumbers)[.._blockNumbers];
        int count = 0;
        while (count < block.Length && piece.Length - at >= WholeBytes
            && TryParseWhole(piece, at, out long number, out int length) && number == (int)number)
        {
            block[count++] = (int)number;
            at += length;
        }
        List.Advance(count);
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ParseWholeWide(ReadOnlySpan<byte> piece, int at)
    {
        for (int count = 0; count < _blockNumbers && piece.Length - at >= WholeBytes
            && TryParseWhole(piece, at, out long number, out int length); count++)
        {
            List.Add(number);
            at += length;
        }
        return at;
    }

    private int ParseWholeVectorized(ReadOnlySpan<byte> piece, int at)
    {
        while (at >= Avx512NumberParser.BytesBefore && piece.Length - at >= Avx512NumberParser.WorthBytes
            && !List.IsWide && List.Count <= _maxCount - MaxBlockNumbers)
        {
            Span<int> room = List.Reserve(MaxBlockNumbers);
            int length = Avx512NumberParser.Parse(piece, at, room, out int count);
            if (count == 0)
                break;
            List.Advance(count);
            at += length;
        }
        return at;
    }

    /// <summary>
    /// Reads a number of up to 19 digits and the comma behind it. Needs <see cref="WholeBytes"/> bytes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParseWhole(ReadOnlySpan<byte> piece, int at, out long number, out int length)
    {
        ref byte start = ref Unsafe.Add(ref MemoryMarshal.GetReference(piece), at);
        bool isNegative = start == '-';
        int sign = Unsafe.BitCast<bool, byte>(isNegative);
        int digits = Eight(ref Unsafe.Add(ref start, sign), out ulong magnitude);
        if (digits == 8)
        {
            int more = Eight(ref Unsafe.Add(ref start, sign + 8), out ulong low);
            magnitude = (magnitude * PowersOfTen[more]) + low;
            digits += more;
            if (more == 8)
            {
                more = Eight(ref Unsafe.Add(ref start, sign + 16), out low);
                magnitude = (magnitude * PowersOfTen[more]) + low;
                digits += more;
            }
        }
        length = sign + digits + 1;
        // No branch on the sign, which is unpredictable.
        number = ((long)magnitude ^ -sign) + sign;
        bool fits = magnitude <= (ulong)long.MaxValue + (uint)sign;
        return digits is > 0 and <= 19 && fits && Unsafe.Add(ref start, length - 1) == NumbersProtocol.Separator;
    }

    /// <summary>The value and the number of the digits at the start of the next eight bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Eight(ref byte at, out ulong value)
    {
        ulong bytes = Unsafe.ReadUnaligned<ulong>(ref at);
        if (!BitConverter.IsLittleEndian)
            bytes = BinaryPrimitives.ReverseEndianness(bytes);
        bytes ^= 0x3030303030303030;
        // The lowest byte with a high bit in this sum is the first that is not a digit; carries only run upwards.
        ulong others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
        int digits = BitOperations.TrailingZeroCount(others) >> 3;
        // Two shifts, because a shift by 64 is a shift by 0. Leading zeros do not change the value.
        bytes = bytes << (4 * (8 - digits)) << (4 * (8 - digits));
        bytes = (bytes * 10) + (bytes >> 8);
        bytes = (((bytes & 0x000000FF_000000FF) * 0x000F4240_00000064)
            + (((bytes >> 16) & 0x000000FF_000000FF) * 0x00002710_00000001)) >> 32;
        value = (uint)bytes;
        return digits;
    }

    /// <summary>Reads to the end of a number or of the piece, one byte at a time.</summary>
    private int ParseOne(ReadOnlySpan<byte> piece, int at)
    {
        for (; at < piece.Length; at++)
        {
            byte next = piece[at];
            if (char.IsAsciiDigit((char)next) && _place < Place.AfterCarriageReturn)
                AddDigit((uint)(next - '0'), _offset + at);
            else if (next == '-' && _place is Place.Start or Place.AfterComma)
                (_place, _negative) = (Place.AfterMinus, true);
            else if (next == NumbersProtocol.Separator && _place == Place.InDigits)
            {
                EndNumber(_offset + at);
                _place = Place.AfterComma;
                return at + 1;
            }
            else if (next == '\r' && _place == Place.InDigits)
            {
                EndNumber(_offset + at);
                _place = Place.AfterCarriageReturn;
            }
            else if (next == '\n' && _place is Place.InDigits or Place.AfterCarriageReturn)
            {
                if (_place == Place.InDigits)
                    EndNumber(_offset + at);
                _place = Place.AfterNewline;
            }
            else
                throw new MalformedListException(_offset + at, BrokenRule(next));
        }
        return at;
    }

    private void AddDigit(uint digit, long offset)
    {
        _place = Place.InDigits;
        ulong most = _negative ? 1ul << 63 : long.MaxValue;
        if (_magnitude > (most - digit) / 10)
            throw new MalformedListException(offset, "the number exceeds 64 bits");
        _magnitude = (_magnitude * 10) + digit;
    }

    private void EndNumber(long offset)
    {
        if (List.Count == _maxCount)
            throw new MalformedListException(offset, $"the list has more than {_maxCount} numbers");
        List.Add(_negative ? -(long)_magnitude : (long)_magnitude);
        (_negative, _magnitude) = (false, 0);
    }

    private string BrokenRule(byte found)
    {
        string expected = _place switch
        {
            Place.Start or Place.AfterComma => "a number",
            Place.AfterMinus => "a digit",
            Place.AfterCarriageReturn => "a line feed",
            Place.AfterNewline => "the end of the list",
            _ => "a digit or a comma",
        };
        return $"expected {expected}, found {NumbersProtocol.Describe(found)}";
    }
}
