using System.Globalization;
using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>What a figure of a scenario should reach, as its file declares it.</summary>
/// <param name="Subject">The subject.</param>
/// <param name="Against">The subject to divide by; null if the figure itself has the bound.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Setting">The setting as text; null for each.</param>
/// <param name="AtLeast">The bound from below; null for none. Of a ratio, or in the metric's unit.</param>
/// <param name="AtMost">The bound from above; null for none.</param>
internal sealed record LabGoal(
    string Subject, string? Against, string Metric, string? Setting, double? AtLeast, double? AtMost)
{
    /// <summary>The goal as text.</summary>
    [JsonIgnore]
    public string Words
    {
        get
        {
            string bound = AtLeast is { } least ? $"at least {Format(least)}" : $"at most {Format(AtMost ?? 0)}";
            string figure = LabMetric.Get(Metric).Title;
            return Against is null
                ? $"{Subject}: {bound} {figure}"
                : $"{Subject}: {bound} times the {figure} of {Against}";
        }
    }

    /// <summary>What the results say of the goal: a row for each setting that it is about.</summary>
    public IEnumerable<LabGoalOutcome> Judge(LabResult result)
    {
        LabSetting[] settings = [.. result.Settings.Where(setting => Setting is null || $"{setting}" == Setting)];
        if (settings.Length == 0)
            return [new LabGoalOutcome(this, Setting ?? "", null, LabGoalOutcome.NotMeasured)];
        return settings.Select(setting =>
        {
            LabSpread? reached = Against is null ? FigureIn(result, setting) : RatioIn(result, setting);
            return new LabGoalOutcome(this, $"{setting}", reached, reached is null
                ? LabGoalOutcome.NotMeasured : WordsOf(reached));
        });
    }

    /// <summary>A value in the goal's unit.</summary>
    public string Format(double value) => Against is null
        ? LabMetric.Get(Metric).Format(value)
        : value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">The goal contradicts itself or names what does not exist.</exception>
    public void Check()
    {
        if (string.IsNullOrEmpty(Subject))
            throw new FormatException("goals: a goal needs a subject");
        if (LabMetric.All.All(metric => metric.Name != Metric))
            throw new FormatException(
                $"goals: unknown metric '{Metric}'; use one of {string.Join(", ", LabMetric.All.Select(m => m.Name))}");
        if (Against is not null && !LabMetric.Get(Metric).IsJudged)
            throw new FormatException($"goals: '{Metric}' is not compared between subjects; leave out 'against'");
        if (AtLeast is null == AtMost is null)
            throw new FormatException($"goals: '{Subject}' needs either at_least or at_most");
    }

    private LabSpread? FigureIn(LabResult result, LabSetting setting) => result.Summaries
        .FirstOrDefault(summary => summary.Variant.Setting == setting && summary.Variant.Subject.Name == Subject)
        ?[Metric];

    private LabSpread? RatioIn(LabResult result, LabSetting setting)
    {
        LabVerdict? verdict = result.Verdicts.FirstOrDefault(verdict => verdict.Setting == setting
            && verdict.Metric == Metric && verdict.Words != LabVerdict.NotComparable
            && ((verdict.First == Subject && verdict.Second == Against)
                || (verdict.First == Against && verdict.Second == Subject)));
        return verdict is null || verdict.First == Subject ? verdict?.Ratio : verdict.Ratio.Inverse;
    }

    private string WordsOf(LabSpread reached)
    {
        if (!reached.IsSure)
            return LabVerdict.TooFewRounds;
        double high = Against is null && LabMetric.Get(Metric).IsOfFailures ? reached.Max : reached.High;
        (bool isReached, bool isMissed) = AtLeast is { } least
            ? (reached.Low >= least, high < least)
            : (high <= AtMost, reached.Low > AtMost);
        return isReached ? LabGoalOutcome.Reached : isMissed ? LabGoalOutcome.Missed : LabGoalOutcome.Open;
    }
}
