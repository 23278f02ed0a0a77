using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>
/// Quicksort that partitions a vector at a time: one load, two compresses, two stores. Ranges of up to
/// <see cref="Avx512SortingNetwork{T}.MaxLength"/> numbers are sorted by a network. Pivots are medians of samples;
/// should they be bad ones all the same, <see cref="RadixSorter"/> takes over. Source of the idea: Bramas, "A novel
/// hybrid quicksort algorithm vectorized using AVX-512", 2017.
/// </summary>
internal static class Avx512Sorter
{
    /// <summary>Scratch beyond the numbers' length, because stores are whole vectors.</summary>
    internal const int ScratchSlack = 16;

    // From here on, a better median is worth a larger sample.
    private const int ManyNumbers = 8192;
    private const int LargeSample = 64;

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
        fixed (T* free = &MemoryMarshal.GetReference(scratch))
        {
            return Sort(first, first, numbers.Length, free, depth);
        }
    }

    /// <summary>
    /// Sorts a range to <paramref name="to"/>: from there itself, or from the scratch. The scratch behind
    /// <paramref name="free"/> may be used.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe long Sort<T>(T* from, T* to, int count, T* free, int depth)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        long looked = 0;
        while (count > Avx512SortingNetwork<T>.MaxLength && depth-- > 0)
        {
            // The lower numbers go to where they belong, the others to the scratch or stay in it: none is copied back.
            T* high = from == to ? free : from;
            T pivot = Median(from, count);
            int lower = Partition(from, count, to, high, pivot);
            looked += count;
            bool pivotIsSmallest = lower == 0;
            if (pivotIsSmallest)
            {
                // What equals it is below the next number, and then in its place. The largest has no next: all are
                // equal.
                lower = pivot == T.MaxValue ? Copy(high, to, count) : Partition(high, count, to, high, pivot + T.One);
                looked += count;
            }
            // So the scratch in use is never longer than the numbers that are still to be placed.
            free = high + (count - lower);
            if (!pivotIsSmallest)
                looked += Sort(to, to, lower, free, depth);
            from = high;
            to += lower;
            count -= lower;
        }
        if (count <= Avx512SortingNetwork<T>.MaxLength)
        {
            Avx512SortingNetwork<T>.Sort(from, to, count);
            return looked;
        }
        // Behind numbers in the scratch there may be too little room; the room they leave is enough.
        T* spare = from == to ? free : from;
        if (from != to)
            Copy(from, to, count);
        RadixSorter.Sort(new Span<T>(to, count), new Span<T>(spare, count));
        return looked + count;
    }

    private static unsafe int Copy<T>(T* from, T* to, int count)
        where T : unmanaged
    {
        new Span<T>(from, count).CopyTo(new Span<T>(to, count));
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe T Median<T>(T* numbers, int count)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (count >= ManyNumbers)
            return MedianOfMany(numbers, count);
        // Of nine, the median of three medians of three.
        int step = count / 9;
        numbers += step / 2;
        return Median(
            Median(numbers[0], numbers[3 * step], numbers[6 * step]),
            Median(numbers[step], numbers[4 * step], numbers[7 * step]),
            Median(numbers[2 * step], numbers[5 * step], numbers[8 * step]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Median<T>(T a, T b, T c)
        where T : unmanaged, IBinaryInteger<T>
        => T.Max(T.Min(a, b), T.Min(T.Max(a, b), c));

    [SkipLocalsInit]
    private static unsafe T MedianOfMany<T>(T* numbers, int count)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T* sample = stackalloc T[LargeSample];
        int step = count / LargeSample;
        for (int i = 0; i < LargeSample; i++)
            sample[i] = numbers[(step / 2) + (i * step)];
        Avx512SortingNetwork<T>.Sort(sample, sample, LargeSample);
        return sample[LargeSample / 2];
    }

    /// <summary>
    /// Moves the numbers below the limit to <paramref name="low"/> and the others to <paramref name="high"/>. Either
    /// may be where the numbers are, as its stores never get ahead of the loads.
    /// </summary>
    /// <returns>How many are below.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int Partition<T>(T* numbers, int count, T* low, T* high, T limit)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T* start = low;
        T* lastVector = numbers + count - Vector512<T>.Count;
        Vector512<T> limits = Vector512.Create(limit);
        for (; numbers <= lastVector; numbers += Vector512<T>.Count)
        {
            Vector512<T> some = Vector512.Load(numbers);
            Vector512<T> below = Vector512.LessThan(some, limits);
            int lows = BitOperations.PopCount(below.ExtractMostSignificantBits());
            Avx512Lanes.Compress(below, some).Store(low);
            // Compared again rather than inverted, which would take the mask to a vector and back.
            Avx512Lanes.Compress(Vector512.GreaterThanOrEqual(some, limits), some).Store(high);
            low += lows;
            high += Vector512<T>.Count - lows;
        }
        for (T* end = lastVector + Vector512<T>.Count; numbers < end; numbers++)
        {
            T number = *numbers;
            // To both, and on where it belongs: no branch. Behind either there is room or nothing of worth.
            bool isBelow = number < limit;
            *high = number;
            *low = number;
            low += isBelow ? 1 : 0;
            high += isBelow ? 0 : 1;
        }
        return (int)(low - start);
    }
}
