namespace Hawser.App.Lab;

/// <summary>The subjects under one setting divided by one of them, round by round: the leading metrics beside each
/// other, so that no ratio of throughput is read without that of CPU time.</summary>
/// <param name="Reference">The subject that the others are divided by.</param>
/// <param name="Metrics">At most two, the leading one first.</param>
/// <param name="Rows">A row for each other subject: the verdict on each metric, null without one.</param>
internal sealed record LabPairs(
    string Reference, IReadOnlyList<LabMetric> Metrics, IReadOnlyList<(string Subject, LabVerdict?[] Verdicts)> Rows)
{
    private const int MostMetrics = 2;

    /// <summary>Divides by every other program; without any, by every subject. Each pair occurs once. The floor is no
    /// rival and has no row.</summary>
    public static IReadOnlyList<LabPairs> Of(LabResult result, LabSetting setting)
    {
        LabVerdict[] verdicts = [.. result.Verdicts.Where(verdict => verdict.Setting == setting)];
        LabMetric[] metrics =
        [
            .. LabMetric.JudgedUnder(setting).Where(metric => verdicts.Any(verdict => verdict.Metric == metric.Name))
                .Take(MostMetrics),
        ];
        LabSubject[] subjects =
        [
            .. result.Summaries.Where(summary => summary.Variant.Setting == setting)
                .Select(summary => summary.Variant.Subject).Where(subject => subject.Name != LabFloor.Name),
        ];
        LabSubject[] rivals =
        [
            .. subjects.Where(subject => subject.IsRival && verdicts.Any(verdict =>
                verdict.First == subject.Name || verdict.Second == subject.Name)),
        ];
        var done = new List<string>();
        var all = new List<LabPairs>();
        foreach (string reference in (rivals.Length > 0 ? rivals : subjects).Select(subject => subject.Name))
        {
            done.Add(reference);
            (string Subject, LabVerdict?[] Verdicts)[] rows =
            [
                .. from subject in subjects
                   where !done.Contains(subject.Name)
                   let row = metrics.Select(metric => Find(subject.Name, reference, metric)).ToArray()
                   where row.Any(verdict => verdict is not null)
                   select (subject.Name, row),
            ];
            if (rows.Length > 0)
                all.Add(new LabPairs(reference, metrics, rows));
        }
        return all;

        LabVerdict? Find(string first, string second, LabMetric metric) => verdicts.FirstOrDefault(verdict =>
            verdict.Metric == metric.Name && ((verdict.First == first && verdict.Second == second)
                || (verdict.First == second && verdict.Second == first)));
    }

    /// <summary>The ratio of a subject to the reference with its interval, marked where it includes 1.</summary>
    public static string TextOf(LabVerdict? verdict, string subject)
    {
        if (verdict is null || verdict.Words is LabVerdict.TooFewRounds or LabVerdict.NotComparable)
            return "–";
        LabSpread ratio = verdict.First == subject ? verdict.Ratio : verdict.Ratio.Inverse;
        return LabVerdict.TextOf(ratio.Median, ratio.Low, ratio.High) + (verdict.Better is null ? " ≈" : "");
    }
}
