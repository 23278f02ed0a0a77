namespace Hawser.Services.Numbers;

/// <summary>The range of a list's numbers, both ends included; any range of 64-bit numbers.</summary>
internal readonly record struct NumberRange
{
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is below <paramref
    /// name="min"/>.</exception>
    internal NumberRange(long min, long max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        Min = min;
        Max = max;
    }

    /// <summary>The range between the options <c>--min</c> and <c>--max</c>.</summary>
    /// <exception cref="FormatException"><c>--max</c> is below <c>--min</c>.</exception>
    internal static NumberRange OfOptions(long min, long max) => max >= min
        ? new NumberRange(min, max)
        : throw new FormatException($"--max {max} is below --min {min}");

    /// <summary>-999999999 to 999999999.</summary>
    internal static NumberRange Default => new(NumbersProtocol.DefaultMin, NumbersProtocol.DefaultMax);

    internal long Min { get; }

    internal long Max { get; }

    /// <summary>The size of the range; 0 stands for 2^64.</summary>
    internal ulong Span => (ulong)Max - (ulong)Min + 1;

    /// <summary>Whether every number of the range fits 32 bits.</summary>
    internal bool Is32Bit => Min >= int.MinValue && Max <= int.MaxValue;
}
