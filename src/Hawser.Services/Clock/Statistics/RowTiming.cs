using Hawser.Services.Clock.Recording;
using Hawser.Services.Measuring;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The timing from a recording's rows alone, without its companion.</summary>
/// <param name="Spacing">The time between requests on the client's wall clock.</param>
/// <param name="AnswerAfterRequest"> T3 - T1: the way to the server, the server's time and the offset of its clock,
/// which cannot be separated.</param>
public sealed record RowTiming(LatencySpread? Spacing, SignedSpread? AnswerAfterRequest)
{
    /// <summary>The missed ticks that are visible as gaps between requests; null below three requests. Ticks missed
    /// before the first or after the last request are not visible.</summary>
    internal static long? MissedOf(IReadOnlyList<long> requestsNs)
    {
        if (requestsNs.Count < 3)
            return null;
        long[] spacings = [.. requestsNs.Zip(requestsNs.Skip(1), (one, next) => next - one)];
        double intervalNs = Math.Max(1, spacings.Order().ElementAt(spacings.Length / 2));
        long missed = 0;
        double lateNs = 0;
        foreach (long spacing in spacings)
        {
            // A tick is sent within its interval, and the lateness of the last one tells where the interval begins. The
            // lateness decays, so that an error of a microsecond in the interval does not add up to a tick.
            double passed = Math.Max(1, Math.Floor(((spacing + lateNs) / intervalNs) + 0.1));
            missed += (long)passed - 1;
            lateNs = 0.99 * Math.Max(0, lateNs + spacing - (passed * intervalNs));
        }

        return missed;
    }

    internal static RowTiming Of(TimeDataPairing pairing)
    {
        var spacing = new LatencyHistogram();
        for (int i = 1; i < pairing.RequestsNs.Count; i++)
            spacing.Record(pairing.RequestsNs[i] - pairing.RequestsNs[i - 1]);
        var after = new long[pairing.AnswersNs.Count];
        for (int i = 0; i < after.Length; i++)
            after[i] = pairing.AnswersNs[i] - pairing.RequestsNs[i];
        Array.Sort(after);
        return new RowTiming(
            LatencySpread.Of(spacing),
            after.Length == 0 ? null : new SignedSpread(after[0], after[(after.Length - 1) / 2], after[^1]));
    }
}

/// <summary>A summary of a distribution of signed differences, in nanoseconds.</summary>
/// <param name="MinNs">The least.</param>
/// <param name="MedianNs">The median, exact.</param>
/// <param name="MaxNs">The greatest.</param>
public sealed record SignedSpread(long MinNs, long MedianNs, long MaxNs);
