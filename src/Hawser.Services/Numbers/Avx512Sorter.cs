using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers;

/// <summary>
/// Quicksort that partitions a vector at a time: one compare, two compresses, two stores. Ranges of up to
/// <see cref="Avx512SortingNetwork{T}.MaxLength"/> numbers are sorted by a network. Pivots are medians of samples taken
/// at scattered places; should they be bad ones all the same, <see cref="RadixSorter"/> takes over.
/// Source of the idea: Bramas, "A novel hybrid quicksort algorithm vectorized using AVX-512", 2017.
/// </summary>
internal static class Avx512Sorter
{
    /// <summary>Scratch beyond the numbers' length, because stores are whole vectors.</summary>
    internal const int ScratchSlack = 16;

    internal static bool IsSupported => Avx512F.IsSupported;

    /// <summary>Sorts ascending. The scratch is <see cref="ScratchSlack"/> longer; its content is lost.</summary>
    /// <returns>How many numbers the partitions looked at, which is what a bad pattern would drive up.</returns>
    internal static long Sort<T>(Span<T> numbers, Span<T> scratch)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        // Twice the depth that perfect medians need.
        => Sort(numbers, scratch, depth: 2 * BitOperations.Log2((uint)numbers.Length | 1));

    /// <summary>The same, but a range may be partitioned so often only before the radix sort takes over.</summary>
    internal static unsafe long Sort<T>(Span<T> numbers, Span<T> scratch, int depth)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scratch.Length, numbers.Length + ScratchSlack);
        fixed (T* first = &MemoryMarshal.GetReference(numbers))
        fixed (T* rest = &MemoryMarshal.GetReference(scratch))
        {
            return Sort(first, numbers.Length, rest, depth);
        }
    }

    private static unsafe long Sort<T>(T* numbers, int count, T* scratch, int depth)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        long looked = 0;
        while (count > Avx512SortingNetwork<T>.MaxLength)
        {
            if (depth-- == 0)
            {
                RadixSorter.Sort(new Span<T>(numbers, count), new Span<T>(scratch, count));
                return looked + count;
            }
            T pivot = Median(numbers, count);
            int lower = Partition(numbers, count, scratch, pivot, orEqual: false);
            looked += count;
            if (lower == 0)
            {
                // The pivot is the smallest: what equals it is in its place.
                lower = Partition(numbers, count, scratch, pivot, orEqual: true);
                looked += count;
            }
            else
            {
                looked += Sort(numbers, lower, scratch, depth);
            }
            numbers += lower;
            count -= lower;
        }
        Avx512SortingNetwork<T>.Sort(numbers, count);
        return looked;
    }

    [SkipLocalsInit]
    private static unsafe T Median<T>(T* numbers, int count)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        int size = count < 4096 ? 16 : 64;
        T* sample = stackalloc T[64];
        ulong random = (ulong)count;
        for (int i = 0; i < size; i++)
        {
            random = (random * 6364136223846793005) + 1442695040888963407;
            sample[i] = numbers[Math.BigMul((uint)(random >> 32), (uint)count) >> 32];
        }
        Avx512SortingNetwork<T>.Sort(sample, size);
        return sample[size / 2];
    }

    /// <summary>Moves the numbers below the pivot (or equal to it) to the front.</summary>
    /// <returns>How many these are.</returns>
    private static unsafe int Partition<T>(T* numbers, int count, T* scratch, T pivot, bool orEqual)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        int lanes = Vector512<T>.Count;
        // Below or equal is below the next. The largest number has none, but then all are below or equal.
        if (orEqual && pivot == T.MaxValue)
            return count;
        Vector512<T> limit = Vector512.Create(orEqual ? pivot + T.One : pivot);
        T* low = numbers;
        T* high = scratch;
        int at = 0;
        for (; at <= count - lanes; at += lanes)
        {
            // The store of the low ones ends where this load ended, at the latest.
            Vector512<T> some = Vector512.Load(numbers + at);
            Vector512<T> below = Vector512.LessThan(some, limit);
            Avx512Lanes.Compress(below, some).Store(low);
            Avx512Lanes.Compress(Vector512.GreaterThanOrEqual(some, limit), some).Store(high);
            int lows = BitOperations.PopCount(below.ExtractMostSignificantBits());
            low += lows;
            high += lanes - lows;
        }
        for (; at < count; at++)
        {
            T one = numbers[at];
            bool below = one < limit[0];
            *(below ? low : high) = one;
            low += below ? 1 : 0;
            high += below ? 0 : 1;
        }
        Unsafe.CopyBlockUnaligned(low, scratch, (uint)((byte*)high - (byte*)scratch));
        return (int)(low - numbers);
    }
}
