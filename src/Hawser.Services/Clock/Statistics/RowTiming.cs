using Hawser.Services.Clock.Recording;
using Hawser.Services.Measuring;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The timing that follows from a recording's rows alone, without its companion.</summary>
/// <param name="Spacing">The time between requests by the client's wall clock.</param>
/// <param name="AnswerAfterRequest">
/// T3 - T1: the way there plus the server's time plus how far its clock is ahead; the three cannot be told apart.
/// </param>
public sealed record RowTiming(LatencySpread? Spacing, SignedSpread? AnswerAfterRequest)
{
    /// <summary>The ticks that gaps between the requests show to be missed; null below three requests. Ticks missed
    /// before the first request or after the last do not show.</summary>
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
            // A tick is sent within its interval; how late the last one was tells where that begins. The lateness fades,
            // so that an interval that is a microsecond wrong does not add up to a tick.
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

/// <summary>A distribution of differences that may be negative, in nanoseconds.</summary>
/// <param name="MinNs">The least.</param>
/// <param name="MedianNs">The median, exact.</param>
/// <param name="MaxNs">The greatest.</param>
public sealed record SignedSpread(long MinNs, long MedianNs, long MaxNs);
