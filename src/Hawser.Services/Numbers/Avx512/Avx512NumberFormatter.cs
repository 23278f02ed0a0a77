using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>
/// Formats eight 32-bit numbers at once. Each number becomes 16 bytes in which sign, ten digits and comma have fixed
/// places. A mask selects those that belong to the text, and a byte compress closes the gaps. No branch depends on a
/// number.
/// </summary>
internal static class Avx512NumberFormatter
{
    // Two stores of 64 bytes each, the second at most four numbers behind the first.
    private const int StepBytes = (4 * NumberFormatter.MaxBytes32) + 64;

    private const int Comma = 100;
    private const int Minus = 101;

    private static readonly (Vector512<byte> Low, Vector512<byte> High) Tens = Table(pair => '0' + (pair / 10));
    private static readonly (Vector512<byte> Low, Vector512<byte> High) Ones = Table(pair => '0' + (pair % 10));

    internal static bool IsSupported => Avx512Vbmi.IsSupported && Avx512Vbmi2.IsSupported;

    /// <inheritdoc cref="NumberFormatter.Format(ReadOnlySpan{int}, Span{byte}, out int)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static unsafe int Format(ReadOnlySpan<int> numbers, Span<byte> destination, out int consumed)
    {
        int written = 0;
        int done = 0;
        fixed (int* from = &MemoryMarshal.GetReference(numbers))
        fixed (byte* to = &MemoryMarshal.GetReference(destination))
        {
            (Vector512<byte> tensLow, Vector512<byte> tensHigh) = Tens;
            (Vector512<byte> onesLow, Vector512<byte> onesHigh) = Ones;
            while (numbers.Length - done >= 8 && destination.Length - written >= StepBytes)
            {
                // In this order the two unpacks below yield numbers 0 to 3 and 4 to 7.
                Vector256<int> eight = Avx2.PermuteVar8x32(
                    Vector256.Load(from + done), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7));
                Vector512<long> signed = Avx512F.ConvertToVector512Int64(eight);
                Vector512<ulong> magnitude = Avx512F.Abs(signed);
                Vector512<byte> pairs = Pairs(magnitude);
                Vector512<byte> tens = Avx512Vbmi.PermuteVar64x8x2(tensLow, pairs, tensHigh);
                Vector512<byte> ones = Avx512Vbmi.PermuteVar64x8x2(onesLow, pairs, onesHigh);
                Vector512<byte> first = FirstKept(signed, magnitude);
                Vector512<byte> keep = Keep(first, SpreadLow);
                written += Store(Avx512BW.UnpackLow(tens, ones), keep, to + written);
                keep = Keep(first, SpreadHigh);
                written += Store(Avx512BW.UnpackHigh(tens, ones), keep, to + written);
                done += 8;
            }
        }
        written += NumberFormatter.FormatPortable(numbers[done..], destination[written..], out consumed);
        consumed += done;
        return written;
    }

    // The byte of a number's eight (see FirstKept) that each of its 16 bytes is compared with.
    private static Vector512<byte> SpreadLow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(1ul, 0, 1, 0, 1, 0, 1, 0).AsByte();
    }

    private static Vector512<byte> SpreadHigh
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SpreadLow + Vector512.Create((byte)8);
    }

    // Sign at 0, digits at 2 to 11, comma at 12. The other bytes are -1, which is never kept.
    private static Vector512<sbyte> Places
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            0x070605040302FF01, 0xFFFFFF0C0B0A0908, 0x070605040302FF01, 0xFFFFFF0C0B0A0908,
            0x070605040302FF01, 0xFFFFFF0C0B0A0908, 0x070605040302FF01, 0xFFFFFF0C0B0A0908).AsSByte();
    }

    /// <summary>
    /// Eight bytes per number: the code of the sign, five pairs of digits (0 to 99), the code of the comma, nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Pairs(Vector512<ulong> magnitude)
    {
        Vector512<uint> reciprocal = Vector512.Create(0xD1B71759ul).AsUInt32();
        Vector512<uint> tenThousand = Vector512.Create(10000ul).AsUInt32();
        Vector512<ulong> upper = Avx512F.Multiply(magnitude.AsUInt32(), reciprocal) >> 45;
        Vector512<ulong> low = magnitude - Avx512F.Multiply(upper.AsUInt32(), tenThousand);
        Vector512<ulong> high = Avx512F.Multiply(upper.AsUInt32(), reciprocal) >> 45;
        Vector512<ulong> middle = upper - Avx512F.Multiply(high.AsUInt32(), tenThousand);
        Vector512<ushort> fours = (high | (middle << 16) | (low << 32)).AsUInt16();
        // x / 100 in the lower byte and x % 100 in the upper one: q + 256 (x - 100 q).
        Vector512<ushort> hundreds = Avx512BW.MultiplyHigh(fours, Vector512.Create((ushort)5243)) >> 3;
        Vector512<ushort> pairs = (fours << 8) - (hundreds * Vector512.Create((ushort)25599));
        return (pairs.AsUInt64() | Vector512.Create(Minus | ((ulong)Comma << 48))).AsByte();
    }

    /// <summary>Per number, the place of its first digit in the lowest byte, and 0 or 2 in the next: whether the sign
    /// is kept or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> FirstKept(Vector512<long> signed, Vector512<ulong> magnitude)
    {
        // floor(bits * log10(2)) is the number of digits, or one less; the power of ten decides.
        Vector512<ulong> bits = Vector512.Create(64ul) - Avx512CD.LeadingZeroCount(magnitude);
        Vector512<ulong> guess = Avx512F.Multiply(bits.AsUInt32(), Vector512.Create(1233ul).AsUInt32()) >> 12;
        Vector512<ulong> power = Avx512F.PermuteVar8x64x2(
            Vector512.Create(0ul, 10, 100, 1000, 10000, 100000, 1000000, 10000000),
            guess,
            Vector512.Create(100000000ul, 1000000000, ulong.MaxValue, 0, 0, 0, 0, 0));
        Vector512<ulong> first = Vector512.Create(11ul) - guess - Vector512.LessThan(magnitude, power);
        return (first | Vector512.AndNot(Vector512.Create(0x200ul), (signed >> 63).AsUInt64())).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Keep(Vector512<byte> first, Vector512<byte> spread) =>
        Vector512.GreaterThanOrEqual(Places, Avx512BW.Shuffle(first, spread).AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe int Store(Vector512<byte> text, Vector512<byte> keep, byte* to)
    {
        Avx512Vbmi2.Compress(Vector512<byte>.Zero, keep, text).Store(to);
        return BitOperations.PopCount(keep.ExtractMostSignificantBits());
    }

    private static (Vector512<byte> Low, Vector512<byte> High) Table(Func<int, int> digit)
    {
        Span<byte> table = stackalloc byte[128];
        for (int pair = 0; pair < 100; pair++)
            table[pair] = (byte)digit(pair);
        table[Comma] = NumbersProtocol.Separator;
        table[Minus] = (byte)'-';
        return (Vector512.Create<byte>(table[..64]), Vector512.Create<byte>(table[64..]));
    }
}
