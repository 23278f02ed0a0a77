using System.Buffers;
using Hawser.Services.Numbers.Avx512;

namespace Hawser.Services.Numbers;

/// <summary>
/// Sorts numbers in ascending order: a vectorized quicksort where there is AVX-512, a radix sort elsewhere. Both take
/// n log n steps at most, whatever the input. Allocates nothing but rented scratch.
/// </summary>
internal static class NumberSorter
{
    /// <summary>The length of the scratch that a sort needs.</summary>
    internal static int ScratchLength(int count) => count + Avx512Sorter.ScratchSlack;

    /// <summary>Sorts with rented scratch.</summary>
    internal static void Sort(Span<int> numbers)
    {
        int[] scratch = ArrayPool<int>.Shared.Rent(ScratchLength(numbers.Length));
        Sort(numbers, scratch);
        ArrayPool<int>.Shared.Return(scratch);
    }

    /// <inheritdoc cref="Sort(Span{int})"/>
    internal static void Sort(Span<long> numbers)
    {
        long[] scratch = ArrayPool<long>.Shared.Rent(ScratchLength(numbers.Length));
        Sort(numbers, scratch);
        ArrayPool<long>.Shared.Return(scratch);
    }

    /// <summary>
    /// Sorts with the caller's scratch, of at least <see cref="ScratchLength"/>, whose content is lost.
    /// </summary>
    internal static void Sort(Span<int> numbers, Span<int> scratch)
    {
        if (Avx512Sorter.IsSupported)
            Avx512Sorter.Sort(numbers, scratch);
        else
            RadixSorter.Sort(numbers, scratch);
    }

    /// <inheritdoc cref="Sort(Span{int}, Span{int})"/>
    internal static void Sort(Span<long> numbers, Span<long> scratch)
    {
        if (Avx512Sorter.IsSupported)
            Avx512Sorter.Sort(numbers, scratch);
        else
            RadixSorter.Sort(numbers, scratch);
    }
}
