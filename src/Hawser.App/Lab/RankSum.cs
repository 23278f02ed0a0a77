namespace Hawser.App.Lab;

/// <summary>By which factor two independent samples differ, for any distribution: the interval that the exact
/// Mann-Whitney test leaves.</summary>
/// <remarks>Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., 4.2 and 4.3, on the logarithms:
/// of all ratios of a value of the second sample to one of the first, the interval leaves out the k - 1 smallest
/// and largest, where 2 P(U &lt; k) is at most the error allowed. If both samples are of one distribution, it
/// includes 1 with the confidence, whatever the distribution; it is an interval for the factor if they differ only
/// by one.</remarks>
internal static class RankSum
{
    /// <summary>The median ratio and its interval.</summary>
    /// <param name="first">Positive values.</param>
    /// <param name="second">Positive values.</param>
    /// <param name="error">The probability to miss.</param>
    /// <returns>Null if even the range of all ratios may miss with more than <paramref name="error"/>.</returns>
    public static (double Ratio, double Low, double High)? Interval(
        IReadOnlyList<double> first, IReadOnlyList<double> second, double error)
    {
        double[] ratios = [.. from a in first from b in second select b / a];
        Array.Sort(ratios);
        int k = 0;
        double tail = 0;
        foreach (double probability in Distribution(first.Count, second.Count))
        {
            tail += probability;
            if (2 * tail > error || 2 * k >= ratios.Length - 1)
                break;
            k++;
        }
        return k == 0 ? null : (LabStatistics.MedianOf(ratios), ratios[k - 1], ratios[^k]);
    }

    /// <summary>The probability of each number of pairs, from 0, in which the value of the first sample is the greater,
    /// if both are of one distribution.</summary>
    internal static double[] Distribution(int first, int second)
    {
        // before[j] is the distribution for i - 1 and j values, now[j] that for i and j.
        double[][] before = [.. Enumerable.Range(0, second + 1).Select(_ => (double[])[1])];
        for (int i = 1; i <= first; i++)
        {
            double[][] now = [[1], .. new double[second][]];
            for (int j = 1; j <= second; j++)
            {
                // The greatest value of all is of the first sample, above all j of the second, or it is of the second.
                now[j] = new double[(i * j) + 1];
                for (int u = 0; u < before[j].Length; u++)
                    now[j][u + j] += before[j][u] * i / (i + j);
                for (int u = 0; u < now[j - 1].Length; u++)
                    now[j][u] += now[j - 1][u] * j / (i + j);
            }
            before = now;
        }
        return before[second];
    }
}
