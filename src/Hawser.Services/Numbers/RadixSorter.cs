using System.Numerics;
using System.Runtime.CompilerServices;
using Hawser.Services.Numbers.Avx512;

namespace Hawser.Services.Numbers;

/// <summary>
/// A radix sort by least significant digits of eleven bits. Skips a digit that all numbers share. Its time depends
/// only on the count and the number of digits. It is the portable path, and the last resort of <see
/// cref="Avx512Sorter"/>.
/// </summary>
internal static class RadixSorter
{
    private const int DigitBits = 11;
    private const int Buckets = 1 << DigitBits;

    // Below this, the buckets cost more than the library's sort.
    private const int FewNumbers = 1024;

    /// <summary>Sorts in ascending order. The scratch is at least as long as the numbers; its content is
    /// lost.</summary>
    internal static void Sort<T>(Span<T> numbers, Span<T> scratch)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (numbers.Length < FewNumbers)
        {
            numbers.Sort();
            return;
        }
        int digits = ((Unsafe.SizeOf<T>() * 8) + DigitBits - 1) / DigitBits;
        Span<int> counts = stackalloc int[digits * Buckets];
        Count(numbers, counts);
        Span<T> from = numbers;
        Span<T> to = scratch[..numbers.Length];
        for (int digit = 0; digit < digits; digit++)
        {
            Span<int> places = counts.Slice(digit * Buckets, Buckets);
            if (places[(int)Digit(numbers[0], digit)] == numbers.Length)
                continue;
            StartPlaces(places);
            Distribute(from, to, places, digit);
            Span<T> swap = from;
            from = to;
            to = swap;
        }
        if (from != numbers)
            from.CopyTo(numbers);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count<T>(ReadOnlySpan<T> numbers, Span<int> counts)
        where T : unmanaged, IBinaryInteger<T>
    {
        counts.Clear();
        foreach (T number in numbers)
        {
            for (int digit = 0; digit * Buckets < counts.Length; digit++)
                counts[(digit * Buckets) + (int)Digit(number, digit)]++;
        }
    }

    private static void StartPlaces(Span<int> counts)
    {
        int start = 0;
        foreach (ref int count in counts)
        {
            int next = start + count;
            count = start;
            start = next;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Distribute<T>(ReadOnlySpan<T> from, Span<T> to, Span<int> places, int digit)
        where T : unmanaged, IBinaryInteger<T>
    {
        foreach (T number in from)
            to[places[(int)Digit(number, digit)]++] = number;
    }

    /// <summary>A digit of a number whose sign bit is inverted, so that negative numbers sort first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Digit<T>(T number, int digit)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong bits = typeof(T) == typeof(int)
            ? (uint)int.CreateTruncating(number) ^ 0x80000000
            : (ulong)long.CreateTruncating(number) ^ 0x8000000000000000;
        return (uint)(bits >> (digit * DigitBits)) & (Buckets - 1);
    }
}
