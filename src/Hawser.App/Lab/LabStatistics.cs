namespace Hawser.App.Lab;

/// <summary>Distribution-free median and spread: rounds are few, and their errors are not normal.</summary>
internal static class LabStatistics
{
    private const double WantedCoverage = 0.95;

    /// <summary>Computes the spread of at least one value.</summary>
    /// <remarks>The interval runs from the k-th smallest to the k-th largest value. It misses the median if fewer
    /// than k of n values fall on one side of it, each with probability 1/2: its coverage is 1 - 2 P(B &lt; k),
    /// B binomial (n, 1/2) (David, Nagaraja: Order Statistics, 3rd ed., 7.1). k is the largest that still
    /// covers 0.95; with fewer than six values there is none and k is 1.</remarks>
    public static LabSpread SpreadOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int n = sorted.Length;
        int k = 1;
        while (2 * (k + 1) <= n && CoverageOf(n, k + 1) >= WantedCoverage)
            k++;
        return new LabSpread(
            (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[k - 1], sorted[n - k], sorted[0], sorted[^1],
                CoverageOf(n, k), n);
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
}
