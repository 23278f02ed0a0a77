using System.Globalization;

namespace Hawser.Attacks;

/// <summary>What the polite client has seen in one phase.</summary>
/// <param name="Answered">Conversations that were served.</param>
/// <param name="Refused">Conversations that were refused with a reason.</param>
/// <param name="Failed">Conversations that broke, or had no answer within 5 s.</param>
/// <param name="Time">The length of the phase.</param>
/// <param name="MedianMs">Of those that had an answer, in milliseconds.</param>
/// <param name="P99Ms">Of those that had an answer, in milliseconds.</param>
/// <param name="Complaint">The first failure, else the first refusal; null: there was none.</param>
internal sealed record Figures(
    long Answered, long Refused, long Failed, TimeSpan Time, double MedianMs, double P99Ms, string? Complaint)
{
    public bool HasAnswers => Answered + Refused > 0;

    /// <summary>Answers a second.</summary>
    public double Rate => (Answered + Refused) / Time.TotalSeconds;

    /// <summary><c>0.21 / 0.80 ms, 410/s, 3 failed</c>: median, 99th percentile, answers a second.</summary>
    public override string ToString()
    {
        string served = HasAnswers
            ? string.Create(CultureInfo.InvariantCulture,
                $"{Round(MedianMs)} / {Round(P99Ms)} ms, {Rate:0}/s")
            : "no answer";
        return served + (Refused > 0 ? $", {Refused} refused" : "") + (Failed > 0 ? $", {Failed} failed" : "");
    }

    private static string Round(double ms) =>
        ms.ToString(ms < 10 ? "0.00" : ms < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
