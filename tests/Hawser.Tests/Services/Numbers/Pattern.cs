namespace Hawser.Tests.Services.Numbers;

/// <summary>Orders of numbers that have made some sort or other slow.</summary>
internal static class Pattern
{
    internal static IReadOnlyDictionary<string, Func<int, int[]>> All { get; } =
        new Dictionary<string, Func<int, int[]>>
        {
            ["sorted"] = length => Make(length, i => i),
            ["reversed"] = length => Make(length, i => -i),
            ["equal"] = length => Make(length, _ => 7),
            ["all the smallest"] = length => Make(length, _ => int.MinValue),
            ["all the largest"] = length => Make(length, _ => int.MaxValue),
            ["organ pipe"] = length => Make(length, i => Math.Min(i, length - i)),
            ["two values"] = length => Make(length, i => Scatter(i) % 2),
            ["five values"] = length => Make(length, i => Scatter(i) % 5),
            ["the two ends"] = length => Make(length, i => Scatter(i) % 2 == 0 ? int.MinValue : int.MaxValue),
            ["mostly the largest"] = length => Make(length, i => Scatter(i) % 100 == 0 ? i : int.MaxValue),
            ["saw"] = length => Make(length, i => i % 100),
            ["sorted but for the end"] = length => Make(length, i => i < length - 8 ? i : Scatter(i)),
            ["powers of two"] = length => Make(length, i => 1 << (Scatter(i) % 32)),
            ["permuted"] = length => Make(length, Scatter),
        };

    private static int[] Make(int length, Func<int, int> number) => [.. Enumerable.Range(0, length).Select(number)];

    private static int Scatter(int i) => (int)((uint)i * 2_654_435_761 >> 5);
}
