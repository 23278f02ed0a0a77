using System.Globalization;

namespace Hawser.App.Lab;

/// <summary>Whether two subjects differ in one metric under one setting.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Metric">The metric.</param>
/// <param name="First">One subject.</param>
/// <param name="Second">The other subject.</param>
/// <param name="Better">The better of the two; null if no difference was seen.</param>
/// <param name="Ratio">Median of the first divided by median of the second; null if that is 0.</param>
/// <param name="Words">The verdict as text.</param>
internal sealed record LabVerdict(
    LabSetting Setting, string Metric, string First, string Second, string? Better, double? Ratio, string Words)
{
    /// <summary>Rounds of each subject that a verdict needs. With three, equal subjects differ by chance once in 10
    /// comparisons; with four once in 35, with five once in 126.</summary>
    public const int FewestRounds = 4;

    /// <summary>The intervals overlap.</summary>
    public const string NoDifference = "no difference seen";

    /// <summary>A subject has fewer than <see cref="FewestRounds"/> rounds.</summary>
    public const string TooFewRounds = "too few rounds to tell";

    /// <summary>A latency, and one subject left clients or pings unanswered.</summary>
    public const string NotComparable = "not comparable (one left clients or pings unanswered)";

    /// <summary>Judges every pair under the same setting in every judged metric.</summary>
    public static IReadOnlyList<LabVerdict> Of(IReadOnlyList<LabSummary> summaries) =>
    [
        .. from metric in LabMetric.All
           where metric.IsJudged
           from i in Enumerable.Range(0, summaries.Count)
           from j in Enumerable.Range(i + 1, summaries.Count - i - 1)
           let first = summaries[i]
           let second = summaries[j]
           where first.Variant.Setting == second.Variant.Setting
           where first[metric.Name] is not null && second[metric.Name] is not null
           select Judge(metric, first, second),
    ];

    /// <summary>Judges one pair. They differ if their intervals do not overlap.</summary>
    public static LabVerdict Judge(LabMetric metric, LabSummary first, LabSummary second)
    {
        LabSpread a = first[metric.Name]!;
        LabSpread b = second[metric.Name]!;
        string nameA = first.Variant.Subject.Name;
        string nameB = second.Variant.Subject.Name;
        double? ratio = b.Median == 0 ? null : a.Median / b.Median;
        if (Math.Min(a.Rounds, b.Rounds) < FewestRounds)
            return Verdict(null, TooFewRounds);
        if (metric.IsOfAnswers && (first.LeavesOut || second.LeavesOut))
            return Verdict(null, NotComparable);
        if (a.Low <= b.High && b.Low <= a.High)
            return Verdict(null, NoDifference);
        bool firstIsMore = a.Median > b.Median;
        (string more, string less) = firstIsMore ? (nameA, nameB) : (nameB, nameA);
        return Verdict(
            metric.MoreIsBetter ? more : less,
            $"{more} has {Times(firstIsMore ? a : b, firstIsMore ? b : a)} the {metric.Title} of {less}");

        LabVerdict Verdict(string? better, string words) =>
            new(first.Variant.Setting, metric.Name, nameA, nameB, better, ratio, words);
    }

    private static string Times(LabSpread more, LabSpread less) => less.Median <= 0
        ? "many times"
        : (more.Median / less.Median) switch
        {
            < 10 and var times => times.ToString("0.00", CultureInfo.InvariantCulture) + " times",
            var times => times.ToString("#,0", CultureInfo.InvariantCulture) + " times",
        };
}
