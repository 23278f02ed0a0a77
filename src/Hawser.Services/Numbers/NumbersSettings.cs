namespace Hawser.Services.Numbers;

/// <summary>What a numbers server sends.</summary>
/// <param name="Count">Numbers of a list.</param>
/// <param name="Range">What they are drawn from.</param>
/// <param name="Seed">Makes the lists the same everywhere; null: nobody can foretell them.</param>
internal sealed record NumbersSettings(int Count, NumberRange Range, ulong? Seed)
{
    /// <summary>The writer of one list.</summary>
    /// <param name="index">Counts the lists from 0; without a seed it does not matter.</param>
    public NumberListWriter CreateWriter(long index) => new(
        Seed is { } seed ? NumberGenerator.ForList(seed, index, Range) : NumberGenerator.Unseeded(Range), Count);
}
