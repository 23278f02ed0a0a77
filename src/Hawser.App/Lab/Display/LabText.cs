using System.Text;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Display;

/// <summary>Results as text for a terminal, at most 100 columns wide.</summary>
internal static class LabText
{
    /// <summary>The width that every line keeps to, unless a single name is wider.</summary>
    public const int Width = 100;

    private const int Gap = 2;

    private static readonly string[] OfLoads =
    [
        "latency_p50_ns", "latency_p99_ns", "latency_p999_ns", "server_cpu_us_per_round_trip", "resident_bytes",
    ];

    private static readonly Dictionary<string, string> ShortTitles =
        new() { ["server_cpu_us_per_round_trip"] = "CPU/trip" };

    /// <summary>Warnings, figures and verdicts.</summary>
    public static string Of(LabResult result)
    {
        if (result.Measurements.Count == 0)
            return "No measurements.\n";
        var text = new StringBuilder();
        foreach (string warning in result.Warnings)
            Wrap(text, "warning: ", warning);
        foreach (LabSetting setting in result.Settings)
            WriteSetting(text, result, setting);
        LabGoalOutcome[] goals = [.. result.Goals.SelectMany(goal => goal.Judge(result))];
        if (goals.Length > 0)
            text.Append("\ngoals\n");
        foreach (LabGoalOutcome goal in goals)
        {
            string interval = goal.Interval == "–" ? "" : $" ({goal.Interval})";
            Wrap(text, "  ", $"{goal.Words}: {goal.Goal.Words}, {goal.Setting}: {goal.Value}{interval}");
        }
        if (result.Verdicts.Count > 0 && result.HasTooFewRounds)
            Wrap(text, "", $"\n{TooFewRounds}");
        return text.ToString();
    }

    /// <summary>What is said once if no verdict is possible.</summary>
    public static string TooFewRounds =>
        $"Too few rounds to tell a difference from chance: a verdict needs {LabVerdict.FewestRounds}.";

    /// <summary>Writes rows of cells as aligned columns.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="rows">The head first.</param>
    /// <param name="texts">Number of columns, from the left, that are text; the others are figures.</param>
    /// <param name="mayLeaveOut">Leave out the last columns if they do not fit.</param>
    public static void WriteColumns(
        StringBuilder text, IReadOnlyList<string[]> rows, int texts, bool mayLeaveOut = false)
    {
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        int fitting = widths.Length;
        while (mayLeaveOut && fitting > texts && widths.Take(fitting).Sum(width => width + Gap) > Width)
            fitting--;
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Take(fitting).Select((cell, column) =>
                column < texts ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append((new string(' ', Gap) + string.Join(new string(' ', Gap), cells)).TrimEnd()).Append('\n');
        }
    }

    private static void WriteSetting(StringBuilder text, LabResult result, LabSetting setting)
    {
        LabSummary[] summaries = [.. result.Summaries.Where(summary => summary.Variant.Setting == setting)];
        LabMetric main = LabMetric.FirstOf(setting, summaries);
        string[] columns =
        [
            .. LabMetric.ColumnsOf(setting, OfLoads).Where(name => name != main.Name)
                .Where(name => summaries.Any(summary => summary[name] is not null)),
        ];
        text.Append(text.Length > 0 ? "\n" : "").Append(setting).Append('\n');
        WriteColumns(text,
        [
            ["", main.Title, "interval", .. columns.Select(Title)],
            .. summaries.Select(summary => (string[])[summary.Variant.Subject.Name, .. Interval(summary, main),
                .. columns.Select(name => Figure(summary[name], name))]),
        ], texts: 1, mayLeaveOut: true);
        if (result.HasTooFewRounds)
            return;
        IReadOnlyList<LabPairs> pairs = LabPairs.Of(result, setting);
        foreach (LabPairs pair in pairs)
        {
            WriteColumns(text,
            [
                [$"ratio to {pair.Reference}", .. pair.Metrics.Select(metric => metric.Title)],
                .. pair.Rows.Select(row => (string[])[row.Subject,
                    .. row.Verdicts.Select(verdict => LabPairs.TextOf(verdict, row.Subject))]),
            ], texts: 3);
        }
        LabVerdict[] verdicts =
        [
            .. result.Verdicts.Where(verdict => verdict.Setting == setting)
                .Where(verdict => pairs.All(pair => pair.Metrics.All(metric => metric.Name != verdict.Metric))),
        ];
        foreach (LabVerdict verdict in verdicts.Where(verdict => verdict.Better is not null))
            Wrap(text, "  ", verdict.Words);
        foreach (IGrouping<string, LabVerdict> undecided in verdicts.Where(verdict => verdict.Better is null)
            .GroupBy(verdict => verdict.Words))
        {
            Wrap(text, "  ", $"{undecided.Key}: {Quantity.FormatCount(undecided.Count(), "comparison")}");
        }
    }

    private static string[] Interval(LabSummary summary, LabMetric main)
    {
        string failed = summary.Failed > 0 ? $"{summary.Failed} failed" : "";
        if (summary[main.Name] is not { } spread)
            return [failed, ""];
        return
        [
            main.Format(spread.Median),
            spread.Rounds == 1 ? failed : $"{main.Format(spread.Low)} to {main.Format(spread.High)}",
        ];
    }

    private static string Title(string name) => ShortTitles.GetValueOrDefault(name) ?? LabMetric.Get(name).Title;

    private static string Figure(LabSpread? spread, string name) =>
        spread is null ? "–" : LabMetric.Get(name).Format(spread.Median);

    // Further lines are indented below the first.
    private static void Wrap(StringBuilder text, string indent, string words)
    {
        string rest = indent + words;
        while (rest.Length > Width && rest.LastIndexOf(' ', Width) is var end && end > indent.Length)
        {
            text.Append(rest[..end]).Append('\n');
            rest = new string(' ', Math.Max(2, indent.Length)) + rest[(end + 1)..];
        }
        text.Append(rest).Append('\n');
    }
}
