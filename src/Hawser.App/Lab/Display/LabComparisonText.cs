using System.Text;
using System.Text.Json;

namespace Hawser.App.Lab.Display;

/// <summary>A comparison for people and for programs.</summary>
internal static class LabComparisonText
{
    /// <summary>A table, at most 100 columns wide for names of usual length.</summary>
    public static string Of(LabComparison comparison)
    {
        var text = new StringBuilder();
        if (comparison.Scenario.Length > 0)
            text.Append(comparison.Scenario).Append('\n');
        foreach (IGrouping<string, LabChange> setting in comparison.Changes.GroupBy(change => change.Setting))
        {
            text.Append(setting.Key).Append('\n');
            LabText.WriteColumns(text,
            [
                ["", "", "old", "new", "new/old (interval)", ""],
                .. setting.Select(change => Row(change, comparison.Control)),
            ], texts: 2);
        }
        text.Append(Verdict(comparison.Changes)).Append('\n');
        return text.ToString();
    }

    /// <summary>The line of <c>--json</c>, with its end.</summary>
    public static string JsonOf(LabComparison comparison) =>
        JsonSerializer.Serialize(comparison, LabJson.Compact.LabComparison) + "\n";

    /// <summary>The counts in one line.</summary>
    public static string Verdict(IReadOnlyList<LabChange> changes)
    {
        int rest = changes.Count - Count(LabOutcome.Better) - Count(LabOutcome.Worse) - Count(LabOutcome.NoDifference);
        return $"{Count(LabOutcome.Better)} better, {Count(LabOutcome.Worse)} worse, {Count(LabOutcome.NoDifference)} "
            + $"without a difference seen{(rest > 0 ? $", {rest} without a verdict" : "")}";

        int Count(LabOutcome outcome) => changes.Count(change => change.Outcome == outcome);
    }

    /// <summary>A row: subject, metric, old, new, ratio, outcome.</summary>
    public static string[] Row(LabChange change, string? control)
    {
        LabMetric metric = LabMetric.Get(change.Metric);
        Func<double, string> format = control is null ? metric.Format : LabVerdict.Number;
        string ratio = change is { Ratio: { } median, Low: { } low, High: { } high }
            ? LabVerdict.TextOf(median, low, high) : "–";
        return [change.Subject, metric.Title, format(change.Old), format(change.New), ratio, WordsOf(change.Outcome)];
    }

    private static string WordsOf(LabOutcome outcome) => outcome switch
    {
        LabOutcome.Better => "better",
        LabOutcome.Worse => "worse",
        LabOutcome.NoDifference => "no difference",
        LabOutcome.TooFewRounds => "too few rounds",
        _ => "not comparable",
    };
}
