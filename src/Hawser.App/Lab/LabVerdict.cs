using System.Globalization;

namespace Hawser.App.Lab;

/// <summary>Whether two subjects differ in one metric under one setting.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Metric">The metric.</param>
/// <param name="First">One subject.</param>
/// <param name="Second">The other subject.</param>
/// <param name="Better">The better of the two; null if no difference was seen.</param>
/// <param name="Ratio">The first divided by the second, round by round: median, interval and range.</param>
/// <param name="Words">The verdict as text.</param>
internal sealed record LabVerdict(
    LabSetting Setting, string Metric, string First, string Second, string? Better, LabSpread Ratio, string Words)
{
    /// <summary>Rounds of each subject that a verdict needs: with five, no interval covers 0.95.</summary>
    public const int FewestRounds = 6;

    /// <summary>The interval of the ratio includes 1.</summary>
    public const string NoDifference = "no difference seen";

    /// <summary>No interval covers 0.95 yet.</summary>
    public const string TooFewRounds = "too few rounds to tell";

    /// <summary>A latency, and one subject left clients or pings unanswered.</summary>
    public const string NotComparable = "not comparable (one left clients or pings unanswered)";

    /// <summary>Judges every pair under the same setting in every judged metric, the leading one first.</summary>
    /// <param name="summaries">The variants.</param>
    /// <param name="looks">The looks of a lab that stops by the width of its intervals.</param>
    public static IReadOnlyList<LabVerdict> Of(IReadOnlyList<LabSummary> summaries, LabLooks? looks = null) =>
    [
        .. from i in Enumerable.Range(0, summaries.Count)
           from j in Enumerable.Range(i + 1, summaries.Count - i - 1)
           let first = summaries[i]
           let second = summaries[j]
           where first.Variant.Setting == second.Variant.Setting
           from metric in LabMetric.JudgedUnder(first.Variant.Setting)
           let verdict = Judge(metric, first, second, looks)
           where verdict is not null
           select verdict,
    ];

    /// <summary>Judges one pair: they differ if the interval of their ratio does not include 1. Null without a round
    /// in which both have the figure.</summary>
    /// <remarks>A ratio is taken within a round, in which the order is shuffled: whatever disturbs the machine, even
    /// for long, is as likely to favour the one as the other. The ratios thus fall on either side of their median with
    /// probability 1/2 each, independently, which is all that the interval asks for.</remarks>
    public static LabVerdict? Judge(LabMetric metric, LabSummary first, LabSummary second, LabLooks? looks = null)
    {
        double[] ratios =
        [
            .. from pair in first.ByRound
               where second.ByRound.ContainsKey(pair.Key)
               orderby pair.Key
               let a = metric.Of(pair.Value)
               let b = metric.Of(second.ByRound[pair.Key])
               where a > 0 && b > 0
               select a.Value / b.Value,
        ];
        if (ratios.Length == 0)
            return null;
        LabSpread ratio = LabStatistics.SpreadOf(ratios, looks);
        string nameA = first.Variant.Subject.Name;
        string nameB = second.Variant.Subject.Name;
        if (!ratio.IsSure)
            return Verdict(null, TooFewRounds);
        if (metric.IsOfAnswers && (first.LeavesOut || second.LeavesOut))
            return Verdict(null, NotComparable);
        if (ratio.Low <= 1 && ratio.High >= 1)
            return Verdict(null, NoDifference);
        bool firstIsMore = ratio.Low > 1;
        return firstIsMore
            ? Verdict(metric.MoreIsBetter ? nameA : nameB,
                $"{nameA} has {Times(ratio.Median, ratio.Low, ratio.High)} the {metric.Title} of {nameB}")
            : Verdict(metric.MoreIsBetter ? nameB : nameA,
                $"{nameB} has {Times(1 / ratio.Median, 1 / ratio.High, 1 / ratio.Low)} the {metric.Title} of {nameA}");

        LabVerdict Verdict(string? better, string words) =>
            new(first.Variant.Setting, metric.Name, nameA, nameB, better, ratio, words);
    }

    /// <summary>A ratio and its interval, like <c>0.97 (0.95 to 1.02)</c>.</summary>
    public static string TextOf(double ratio, double low, double high) =>
        $"{Number(ratio)} ({Number(low)} to {Number(high)})";

    /// <summary>A ratio alone.</summary>
    public static string Number(double ratio) =>
        ratio.ToString(ratio < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private static string Times(double ratio, double low, double high) =>
        $"{Number(ratio)} times ({Number(low)} to {Number(high)})";
}
