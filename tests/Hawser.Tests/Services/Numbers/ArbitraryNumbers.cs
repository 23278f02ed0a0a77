using FsCheck;
using FsCheck.Fluent;

namespace Hawser.Tests.Services.Numbers;

/// <summary>
/// Lists of numbers of every magnitude: each number has a random count of bits, or is next to an edge.
/// </summary>
internal static class ArbitraryNumbers
{
    internal static Arbitrary<int[]> Narrow => Number(32).Select(number => (int)number).ArrayOf().ToArbitrary();

    internal static Arbitrary<long[]> Wide => Number(64).ArrayOf().ToArbitrary();

    private static Gen<long> Number(int bits)
    {
        long[] edges = bits == 32
            ? [int.MinValue, int.MinValue + 1L, int.MaxValue, 0, -1, 99_999_999, 100_000_000, 1_000_000_000]
            : [long.MinValue, long.MinValue + 1, long.MaxValue, int.MinValue - 1L, int.MaxValue + 1L];
        Gen<long> anyMagnitude =
            from shift in Gen.Choose(0, bits - 1)
            from number in ArbMap.Default.GeneratorFor<DoNotSize<long>>()
            select number.Item >> (64 - bits + shift);
        Gen<long> powerOfTen =
            from power in Gen.Choose(0, bits == 32 ? 9 : 18)
            from near in Gen.Choose(-1, 1)
            select (long)Math.Pow(10, power) + near;
        return Gen.Frequency(
            (6, anyMagnitude), (1, Gen.Elements(edges)), (1, powerOfTen), (1, powerOfTen.Select(number => -number)));
    }
}
