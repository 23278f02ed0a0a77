namespace Hawser.Services.Measuring;

/// <summary>Measures how evenly a resource is shared.</summary>
public static class Fairness
{
    /// <summary>
    /// Jain's fairness index, (Σx)² / (n · Σx²): 1 when all got the same, 1/n when one got everything. For no clients,
    /// and for nothing shared, it is 1.
    /// </summary>
    /// <remarks>Jain, Chiu, Hawe: "A Quantitative Measure of Fairness and Discrimination", DEC-TR-301, 1984.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A share is negative or not finite.</exception>
    public static double JainIndex(ReadOnlySpan<double> shares)
    {
        double largest = 0;
        foreach (double share in shares)
        {
            if (share < 0 || !double.IsFinite(share))
                throw new ArgumentOutOfRangeException(nameof(shares), share, "a share is a finite number, 0 or more");
            largest = Math.Max(largest, share);
        }

        if (largest == 0)
            return 1;

        // Scaled by the largest, so that squares neither overflow nor vanish.
        double sum = 0, sumOfSquares = 0;
        foreach (double share in shares)
        {
            double scaled = share / largest;
            sum += scaled;
            sumOfSquares += scaled * scaled;
        }

        return sum * sum / (shares.Length * sumOfSquares);
    }
}
