namespace Hawser.App.Lab;

/// <summary>Distribution-free median and spread: rounds are few, and their errors are not normal.</summary>
internal static class LabStatistics
{
    /// <summary>The confidence of every interval that a verdict rests on.</summary>
    public const double Confidence = 0.95;

    /// <summary>Computes the spread of at least one value.</summary>
    /// <remarks>The interval runs from the k-th smallest to the k-th largest value. It misses the median if fewer
    /// than k of n values fall on one side of it, each with probability 1/2: its coverage is 1 - 2 P(B &lt; k),
    /// B binomial (n, 1/2) (David, Nagaraja: Order Statistics, 3rd ed., 7.1). k is the largest that still
    /// covers 0.95; with fewer than six values there is none and k is 1.</remarks>
    /// <param name="values">In the order in which they were measured.</param>
    /// <param name="looks">The looks of a lab that stops by the width of its intervals: the interval is that of the
    /// last look, and its coverage 0 before the first. Null if the number of rounds was fixed.</param>
    public static LabSpread SpreadOf(IReadOnlyList<double> values, LabLooks? looks = null)
    {
        int n = values.Count;
        int seen = n;
        int k = 0;
        double coverage = 0;
        if (looks is not null && looks.Last(n) is { Depth: > 0 } look)
            (seen, k, coverage) = (look.Rounds, look.Depth, Confidence);
        else if (looks is null)
            (k, coverage) = (DepthOf(n), CoverageOf(n, DepthOf(n)));
        double[] sorted = [.. values.Order()];
        double[] seenSorted = [.. values.Take(seen).Order()];
        int first = Math.Max(k, 1) - 1;
        return new LabSpread(
            MedianOf(sorted), seenSorted[first], seenSorted[^(first + 1)], sorted[0], sorted[^1], coverage, n);
    }

    /// <summary>Probability that the median lies between the k-th smallest and the k-th largest of n values.</summary>
    public static double CoverageOf(int n, int k)
    {
        double outside = 0;
        double chance = Math.Pow(0.5, n);
        for (int below = 0; below < k; below++)
        {
            outside += chance;
            chance = chance * (n - below) / (below + 1);
        }
        return Math.Max(0, 1 - (2 * outside));
    }

    /// <summary>The median of sorted values.</summary>
    public static double MedianOf(double[] sorted) =>
        (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    private static int DepthOf(int n)
    {
        int k = 1;
        while (2 * (k + 1) <= n && CoverageOf(n, k + 1) >= Confidence)
            k++;
        return k;
    }
}
