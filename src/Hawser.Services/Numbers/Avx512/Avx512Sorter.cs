using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>
/// A quicksort that partitions one vector at a time: one load, two compresses, two stores. A network sorts ranges of
/// up to
/// <see cref="Avx512SortingNetwork{T}.MaxLength"/> numbers. Pivots are medians of samples; if they are bad
/// nevertheless,
/// <see cref="RadixSorter"/> takes over. Source: Bramas, "A novel hybrid quicksort algorithm vectorized using AVX-512",
/// 2017.
/// </summary>
internal static class Avx512Sorter
{
    /// <summary>Scratch beyond the numbers' length, because stores are whole vectors.</summary>
    internal const int ScratchSlack = 16;

    // From this length, a better median is worth a larger sample.
    private const int ManyNumbers = 8192;
    private const int LargeSample = 64;

    internal static bool IsSupported => Avx512F.IsSupported;

    /// <summary>Sorts in ascending order. The scratch is longer by <see cref="ScratchSlack"/>; its content is
    /// lost.</summary>
    /// <returns>How many numbers the partitions read, a measure of how good the pivots were.</returns>
    internal static long Sort<T>(Span<T> numbers, Span<T> scratch)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        // Twice the depth that perfect medians need.
        => Sort(numbers, scratch, depth: 2 * BitOperations.Log2((uint)numbers.Length | 1));

    /// <summary>The same, with a limit on the depth of partitions beyond which the radix sort takes over.</summary>
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
    /// Sorts a range to <paramref name="to"/>, either in place or from the scratch. The scratch from
    /// <paramref name="free"/> on is free.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe long Sort<T>(T* from, T* to, int count, T* free, int depth)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        long looked = 0;
        while (count > Avx512SortingNetwork<T>.MaxLength && depth-- > 0)
        {
            // The lower numbers go to their place; the others go to the scratch or stay in it. None is copied back.
            T* high = from == to ? free : from;
            T pivot = Median(from, count);
            int lower = Partition(from, count, to, high, pivot);
            looked += count;
            bool pivotIsSmallest = lower == 0;
            if (pivotIsSmallest)
            {
                // Numbers equal to the pivot are less than its successor. The largest number has none: then all are
                // equal.
                lower = pivot == T.MaxValue ? Copy(high, to, count) : Partition(high, count, to, high, pivot + T.One);
                looked += count;
            }
            // The scratch in use is never longer than the numbers that are not placed yet.
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
        // The scratch behind the numbers may be too short; the space that they leave is enough.
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
    /// may be the place of the numbers, because stores never overtake loads.
    /// </summary>
    /// <returns>How many numbers are below the limit.</returns>
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
            // Compares again; inverting would move the mask to a vector and back.
            Avx512Lanes.Compress(Vector512.GreaterThanOrEqual(some, limits), some).Store(high);
            low += lows;
            high += Vector512<T>.Count - lows;
        }
        for (T* end = lastVector + Vector512<T>.Count; numbers < end; numbers++)
        {
            T number = *numbers;
            // Stores to both and advances one, without a branch. Behind either, nothing is needed.
            bool isBelow = number < limit;
            *high = number;
            *low = number;
            low += isBelow ? 1 : 0;
            high += isBelow ? 0 : 1;
        }
        return (int)(low - start);
    }
}
