using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hawser.Services.Numbers.Avx512;

namespace Hawser.Services.Numbers;

/// <summary>
/// Writes numbers as decimal ASCII, each followed by a comma, into a buffer of any size. Allocates nothing. A list ends
/// without a comma, so the caller drops the last byte of the list.
/// </summary>
internal static class NumberFormatter
{
    /// <summary>The most bytes of a 32-bit number with its comma: <c>-2147483648,</c>.</summary>
    internal const int MaxBytes32 = 12;

    /// <summary>The most bytes of a 64-bit number with its comma: <c>-9223372036854775808,</c>.</summary>
    internal const int MaxBytes64 = 21;

    // Digits are stored eight at a time, so up to seven bytes behind a number are overwritten.
    private const int Slack = 7;

    private const uint TenToThe8 = 100_000_000;
    private const ulong TenToThe16 = 10_000_000_000_000_000;

    /// <summary>
    /// Writes as many of the <paramref name="numbers"/> as fit, and returns their count in <paramref name="consumed"/>.
    /// </summary>
    /// <returns>The bytes written. The rest of <paramref name="destination"/> may be overwritten.</returns>
    internal static int Format(ReadOnlySpan<int> numbers, Span<byte> destination, out int consumed)
    {
        return Avx512NumberFormatter.IsSupported
            ? Avx512NumberFormatter.Format(numbers, destination, out consumed)
            : FormatPortable(numbers, destination, out consumed);
    }

    /// <inheritdoc cref="Format(ReadOnlySpan{int}, Span{byte}, out int)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Format(ReadOnlySpan<long> numbers, Span<byte> destination, out int consumed)
    {
        ref byte start = ref MemoryMarshal.GetReference(destination);
        int written = 0;
        int done = 0;
        while (done < numbers.Length && destination.Length - written >= MaxBytes64 + Slack)
            written += Write(numbers[done++], ref Unsafe.Add(ref start, written));
        int rest = FormatNearEnd(numbers[done..], destination[written..], out int more);
        consumed = done + more;
        return written + rest;
    }

    /// <inheritdoc cref="Format(ReadOnlySpan{int}, Span{byte}, out int)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int FormatPortable(ReadOnlySpan<int> numbers, Span<byte> destination, out int consumed)
    {
        ref byte start = ref MemoryMarshal.GetReference(destination);
        int written = 0;
        int done = 0;
        while (done < numbers.Length && destination.Length - written >= MaxBytes32 + Slack)
            written += Write(numbers[done++], ref Unsafe.Add(ref start, written));
        int rest = FormatNearEnd(numbers[done..], destination[written..], out int more);
        consumed = done + more;
        return written + rest;
    }

    /// <summary>Writes numbers where the digits behind a number might not fit.</summary>
    [SkipLocalsInit]
    private static int FormatNearEnd<T>(ReadOnlySpan<T> numbers, Span<byte> destination, out int consumed)
        where T : IBinaryInteger<T>
    {
        Span<byte> whole = stackalloc byte[MaxBytes64 + Slack];
        int written = 0;
        for (consumed = 0; consumed < numbers.Length; consumed++)
        {
            int length = Write(long.CreateChecked(numbers[consumed]), ref MemoryMarshal.GetReference(whole));
            if (!whole[..length].TryCopyTo(destination[written..]))
                break;
            written += length;
        }
        return written;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(int number, ref byte at)
    {
        at = (byte)'-';
        int length = (int)((uint)number >> 31);
        uint magnitude = (uint)((number ^ (number >> 31)) - (number >> 31));
        if (magnitude >= TenToThe8)
        {
            uint high = magnitude / TenToThe8;
            if (high >= 10)
                Unsafe.Add(ref at, length++) = (byte)('0' + (high / 10));
            Unsafe.Add(ref at, length++) = (byte)('0' + (high % 10));
            length += WriteEight(magnitude - (high * TenToThe8), ref Unsafe.Add(ref at, length));
        }
        else
        {
            length += WriteUpToEight(magnitude, ref Unsafe.Add(ref at, length));
        }
        Unsafe.Add(ref at, length) = NumbersProtocol.Separator;
        return length + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(long number, ref byte at)
    {
        at = (byte)'-';
        int length = (int)((ulong)number >> 63);
        ulong magnitude = (ulong)((number ^ (number >> 63)) - (number >> 63));
        if (magnitude >= TenToThe16)
        {
            ulong top = magnitude / TenToThe16;
            magnitude -= top * TenToThe16;
            length += WriteUpToEight((uint)top, ref Unsafe.Add(ref at, length));
            length += WriteEight((uint)(magnitude / TenToThe8), ref Unsafe.Add(ref at, length));
            length += WriteEight((uint)(magnitude % TenToThe8), ref Unsafe.Add(ref at, length));
        }
        else if (magnitude >= TenToThe8)
        {
            length += WriteUpToEight((uint)(magnitude / TenToThe8), ref Unsafe.Add(ref at, length));
            length += WriteEight((uint)(magnitude % TenToThe8), ref Unsafe.Add(ref at, length));
        }
        else
        {
            length += WriteUpToEight((uint)magnitude, ref Unsafe.Add(ref at, length));
        }
        Unsafe.Add(ref at, length) = NumbersProtocol.Separator;
        return length + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteEight(uint value, ref byte at)
    {
        WriteLittleEndian(Digits(value) | 0x3030303030303030, ref at);
        return 8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteUpToEight(uint value, ref byte at)
    {
        ulong digits = Digits(value);
        // The bit keeps one digit of a zero.
        int leadingZeros = BitOperations.TrailingZeroCount(digits | (1ul << 56)) >> 3;
        WriteLittleEndian((digits | 0x3030303030303030) >> (8 * leadingZeros), ref at);
        return 8 - leadingZeros;
    }

    /// <summary>
    /// The eight digits of a value below 10^8, the highest in the lowest byte. Splits the value in halves three times.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Digits(uint value)
    {
        ulong quotient = (value * 3518437209ul) >> 45;
        ulong fours = quotient | ((value - (quotient * 10000)) << 32);
        quotient = ((fours * 10486) >> 20) & 0x0000007F_0000007F;
        ulong twos = quotient | ((fours - (quotient * 100)) << 16);
        quotient = ((twos * 103) >> 10) & 0x000F000F_000F000F;
        return quotient | ((twos - (quotient * 10)) << 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLittleEndian(ulong bytes, ref byte at) =>
        Unsafe.WriteUnaligned(ref at, BitConverter.IsLittleEndian ? bytes : BinaryPrimitives.ReverseEndianness(bytes));
}
