using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Numbers;
using Hawser.Services.Numbers.Avx512;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class NumberSorterTests
{
    private delegate void Sort<T>(Span<T> numbers, Span<T> scratch);

    public static TheoryData<string> Patterns => [.. Pattern.All.Keys];

    [Fact]
    public void Any_32_bit_numbers_are_sorted_as_the_standard_library_sorts_them() =>
        Prop.ForAll(ArbitraryNumbers.Narrow, numbers => AssertSorts(numbers)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_64_bit_numbers_are_sorted_as_the_standard_library_sorts_them() =>
        Prop.ForAll(ArbitraryNumbers.Wide, numbers => AssertSorts(numbers)).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_length_up_to_a_few_leaves_is_sorted()
    {
        for (int length = 0; length < 1300; length++)
        {
            AssertSorts(Random<int>(length));
            AssertSorts(Random<long>(length));
        }
    }

    [Fact]
    public void Lists_as_long_as_the_exercise_has_them_are_sorted()
    {
        AssertSorts(Random<int>(250_000));
        AssertSorts(Random<long>(250_000));
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Every_pattern_is_sorted(string pattern)
    {
        foreach (int length in new[] { 15, 16, 17, 255, 256, 257, 511, 512, 513, 1500, 5000, 100_000 })
        {
            int[] numbers = Pattern.All[pattern](length);
            AssertSorts(numbers);
            AssertSorts(Array.ConvertAll(numbers, number => number * 3_000_000_019L));
        }
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void No_pattern_makes_the_partitions_look_at_more_than_n_log_n_numbers(string pattern)
    {
        if (!Avx512Sorter.IsSupported)
            return;
        foreach (int length in new[] { 1000, 100_000, 250_000 })
        {
            int[] numbers = Pattern.All[pattern](length);
            long looked = Avx512Sorter.Sort<int>(numbers, new int[NumberSorter.ScratchLength(length)]);
            Assert.InRange(looked, 0, (long)(1.5 * length * Math.Log2(length)));
        }
    }

    [Fact]
    public void A_sort_whose_pivots_are_all_bad_ends_in_the_radix_sort() =>
        Prop.ForAll(ArbitraryNumbers.Narrow, some =>
        {
            if (!Avx512Sorter.IsSupported)
                return;
            int[] numbers = [.. some, .. Random<int>(3000)];
            int[] expected = [.. numbers.Order()];
            for (int depth = 0; depth < 5; depth++)
            {
                int[] sorted = [.. numbers];
                Avx512Sorter.Sort<int>(sorted, new int[NumberSorter.ScratchLength(sorted.Length)], depth);
                Assert.Equal(expected, sorted);
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Nothing_beside_the_numbers_and_the_scratch_is_written(string pattern)
    {
        const int Fence = 64;
        foreach (int length in Enumerable.Range(0, 50).Concat([255, 256, 257, 511, 512, 513, 1500, 5000, 9000, 100_000]))
        {
            int[] numbers = [.. Fenced(Pattern.All[pattern](length), Fence)];
            int[] scratch = [.. Fenced(new int[NumberSorter.ScratchLength(length)], Fence)];
            NumberSorter.Sort(numbers.AsSpan(Fence, length), scratch.AsSpan(Fence, scratch.Length - (2 * Fence)));
            foreach (int[] fenced in new[] { numbers, scratch })
            {
                Assert.All(fenced.AsSpan(0, Fence).ToArray(), fence => Assert.Equal(77, fence));
                Assert.All(fenced.AsSpan(fenced.Length - Fence).ToArray(), fence => Assert.Equal(77, fence));
            }
        }
    }

    private static IEnumerable<int> Fenced(int[] numbers, int fence) =>
        Enumerable.Repeat(77, fence).Concat(numbers).Concat(Enumerable.Repeat(77, fence));

    private static void AssertSorts<T>(T[] numbers)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T[] expected = [.. numbers];
        Array.Sort(expected);
        Sort<T> byRadix = RadixSorter.Sort;
        Sort<T> byVectors = (all, scratch) => Avx512Sorter.Sort(all, scratch);
        foreach (Sort<T> sort in Avx512Sorter.IsSupported ? [byRadix, byVectors] : new[] { byRadix })
        {
            T[] sorted = [.. numbers];
            sort(sorted, new T[NumberSorter.ScratchLength(numbers.Length)]);
            Assert.True(expected.AsSpan().SequenceEqual(sorted), $"{numbers.Length} numbers");
        }
    }

    private static T[] Random<T>(int length)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        long min = long.CreateTruncating(T.MinValue);
        long max = long.CreateTruncating(T.MaxValue);
        NumberGenerator generator = NumberGenerator.ForList(1, length, new NumberRange(min, max));
        return [.. Enumerable.Range(0, length).Select(at => T.CreateTruncating(generator.NumberAt(at)))];
    }
}
