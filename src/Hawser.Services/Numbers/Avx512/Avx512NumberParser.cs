using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>
/// Reads eight 32-bit numbers at once. It finds the commas of a chunk first. Then it loads each number as the 16 bytes
/// that end before its comma, so that digits of the same weight have the same place, and adds the digits in pairs.
/// </summary>
internal static class Avx512NumberParser
{
    /// <summary>The most bytes that one call reads.</summary>
    internal const int ChunkBytes = 2048;

    /// <summary>Fewer bytes have too few numbers to be worth a call.</summary>
    internal const int WorthBytes = 256;

    /// <summary>The bytes that the piece must have before the first number.</summary>
    internal const int BytesBefore = 16;

    internal static bool IsSupported => Avx512Vbmi.IsSupported && Avx512Vbmi2.IsSupported;

    /// <summary>
    /// Reads numbers by eights from <paramref name="at"/>, where one starts, to the end of the piece or the chunk, or
    /// to eight of which one is malformed, has more than 16 bytes or exceeds 32 bits.
    /// </summary>
    /// <returns>The bytes read. A number starts behind them.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static unsafe int Parse(ReadOnlySpan<byte> piece, int at, Span<int> numbers, out int count)
    {
        // One in front, and sixteen behind because they are stored sixteen at a time.
        Span<int> commas = stackalloc int[1 + ChunkBytes + 16];
        commas[0] = at - 1;
        count = 0;
        fixed (byte* bytes = &MemoryMarshal.GetReference(piece))
        fixed (int* starts = &MemoryMarshal.GetReference(commas))
        fixed (int* to = &MemoryMarshal.GetReference(numbers))
        {
            int found = FindCommas(bytes, at, Math.Min(ChunkBytes, piece.Length - at), starts + 1);
            while (found - count >= 8 && TryParseEight(bytes, starts + count, to + count))
                count += 8;
            return starts[count] + 1 - at;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int FindCommas(byte* bytes, int from, int length, int* commas)
    {
        Vector512<byte> iota = Vector512<byte>.Indices;
        int found = 0;
        for (int at = from; at <= from + length - 64; at += 64)
        {
            Vector512<byte> equal = Vector512.Equals(Vector512.Load(bytes + at), Vector512.Create((byte)','));
            ulong mask = equal.ExtractMostSignificantBits();
            Vector512<byte> places = Avx512Vbmi2.Compress(Vector512<byte>.Zero, equal, iota);
            Vector512<int> firstSixteen = Avx512F.ConvertToVector512Int32(places.GetLower().GetLower());
            (firstSixteen + Vector512.Create(at)).Store(commas + found);
            int inBlock = BitOperations.PopCount(mask);
            if (inBlock > 16)
                StoreAll(mask, at, commas + found);
            found += inBlock;
        }
        return found;
    }

    private static unsafe void StoreAll(ulong mask, int at, int* commas)
    {
        for (; mask != 0; mask &= mask - 1)
            *commas++ = at + BitOperations.TrailingZeroCount(mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool TryParseEight(byte* bytes, int* starts, int* to)
    {
        Vector256<int> ends = Vector256.Load(starts + 1);
        // The place of the number's first byte among the 16 before the comma.
        Vector256<int> first = Vector256.Load(starts) - ends + Vector256.Create(17);
        if (Vector256.GreaterThanAny(first.AsUInt32(), Vector256.Create(15u)))
            return false;
        Vector512<byte> firsts = first.ToVector512Unsafe().AsByte();
        Vector512<byte> fault = Vector512<byte>.Zero;
        Vector512<byte> text1 = Load(bytes, starts + 1);
        Vector512<byte> text2 = Load(bytes, starts + 5);
        Vector512<byte> digits1 = Digits(text1, firsts, SpreadLow, out Vector512<byte> sign1, ref fault);
        Vector512<byte> digits2 = Digits(text2, firsts, SpreadHigh, out Vector512<byte> sign2, ref fault);
        if (Vector512.GreaterThanAny(fault, Vector512.Create((byte)9)))
            return false;

        Vector512<long> values = Values(digits1, digits2);
        Vector512<long> signs = Avx512F.UnpackLow(sign1.AsInt64(), sign2.AsInt64());
        values = (values ^ signs) - signs;
        Vector256<int> narrow = Avx512F.ConvertToVector256Int32(values);
        if (Avx512F.ConvertToVector512Int64(narrow) != values)
            return false;
        Avx2.PermuteVar8x32(narrow, Vector256.Create(0, 2, 4, 6, 1, 3, 5, 7)).Store(to);
        return true;
    }

    // The lowest byte of each of four ints, sixteen times.
    private static Vector512<byte> SpreadLow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            0ul, 0, 0x0404040404040404, 0x0404040404040404, 0x0808080808080808, 0x0808080808080808, 0x0C0C0C0C0C0C0C0C,
            0x0C0C0C0C0C0C0C0C).AsByte();
    }

    private static Vector512<byte> SpreadHigh
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SpreadLow + Vector512.Create((byte)16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<byte> Load(byte* bytes, int* ends) => Vector512.Create(
        Vector256.Create(Vector128.Load(bytes + ends[0] - 16), Vector128.Load(bytes + ends[1] - 16)),
        Vector256.Create(Vector128.Load(bytes + ends[2] - 16), Vector128.Load(bytes + ends[3] - 16)));

    /// <summary>
    /// The digits of four numbers as values, 0 elsewhere. The sign is all ones in all bytes of a negative number.
    /// A fault above 9 means that a number is malformed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Digits(
        Vector512<byte> text,
        Vector512<byte> firsts,
        Vector512<byte> spread,
        out Vector512<byte> sign,
        ref Vector512<byte> fault)
    {
        Vector512<byte> first = Avx512Vbmi.PermuteVar64x8(firsts, spread);
        sign = Vector512.Equals(Avx512BW.Shuffle(text, first), Vector512.Create((byte)'-'));
        // Subtracting all ones adds one: the sign is not a digit.
        first -= sign;
        Vector512<byte> places = Vector512<byte>.Indices & Vector512.Create((byte)15);
        Vector512<byte> digits = Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(places, first), text - Vector512.Create((byte)'0'), Vector512<byte>.Zero);
        // Without digits, 16 becomes 10; everything below it becomes less.
        Vector512<byte> empty = Avx512BW.SubtractSaturate(first, Vector512.Create((byte)6));
        fault = Vector512.Max(fault, Vector512.Max(digits, empty));
        return digits;
    }

    /// <summary>The values of numbers 0, 4, 1, 5, 2, 6, 3, 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Values(Vector512<byte> digits1, Vector512<byte> digits2)
    {
        Vector512<sbyte> tens = Vector512.Create((short)0x010A).AsSByte();
        Vector512<short> hundreds = Vector512.Create(0x00010064).AsInt16();
        Vector512<short> tenThousands = Vector512.Create(0x00012710).AsInt16();
        Vector512<int> fours1 = Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(digits1, tens), hundreds);
        Vector512<int> fours2 = Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(digits2, tens), hundreds);
        Vector512<short> fours = Avx512BW.PackUnsignedSaturate(fours1, fours2).AsInt16();
        Vector512<ulong> eights = Avx512BW.MultiplyAddAdjacent(fours, tenThousands).AsUInt64();
        Vector512<uint> upper = Vector512.Create(100_000_000ul).AsUInt32();
        return (Avx512F.Multiply(eights.AsUInt32(), upper) + (eights >> 32)).AsInt64();
    }
}
