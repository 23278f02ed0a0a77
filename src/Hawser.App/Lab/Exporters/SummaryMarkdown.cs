using System.Globalization;
using System.Text;
using Hawser.App.Lab.Display;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Exporters;

/// <summary>Tables and verdicts as Markdown.</summary>
internal sealed class SummaryMarkdown : IExporter
{
    private static readonly string[] Columns =
    [
        "round_trips_per_second", "latency_p50_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns",
        "server_cpu_us_per_round_trip", "voluntary_switches_per_round_trip", "involuntary_switches_per_second",
        "resident_bytes", "bytes_per_idle_connection", "jain_index", "unanswered_share",
    ];

    public string FileName => "summary.md";

    public string Export(LabResult result)
    {
        if (result.Measurements.Count == 0)
            return "No measurements.\n";
        var text = new StringBuilder();
        text.Append("# Lab results\n\n");
        foreach (string line in Head(result))
            text.Append("- ").Append(line).Append('\n');
        if (result.Warnings.Count > 0)
        {
            text.Append("\n## Warnings\n\n");
            foreach (string warning in result.Warnings)
                text.Append("- ").Append(warning).Append('\n');
        }
        foreach (LabSetting setting in result.Settings)
            WriteSetting(text, result, setting);
        if (result.Verdicts.Count > 0 && result.HasTooFewRounds)
            text.Append('\n').Append(LabText.TooFewRounds).Append('\n');
        return text.ToString();
    }

    private static IEnumerable<string> Head(LabResult result)
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"Taken on {result.Begun:yyyy-MM-dd HH:mm} UTC{(result.IsComplete ? "" : "; not complete")}");
        yield return $"Host: {result.Machine.Cpu}, {result.Machine.Cores} cores, {result.Machine.OperatingSystem}, "
            + $".NET {result.Machine.Dotnet}, hawser {result.Machine.Hawser}";
        yield return $"CPU pinning: {result.Machine.Pinned}";
        yield return $"Command: `{result.Command}`";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{Quantity.FormatCount(result.Rounds, "round")} of {result.SecondsPerMeasurement:0.###} s each, ")
            + string.Create(CultureInfo.InvariantCulture, $"after {result.WarmUpSeconds:0.###} s of warm-up")
            + (result.Rounds == 1 ? ""
                : "; figures are medians of the rounds, with minimum and maximum in parentheses");
        if (result.Spoiled > 0)
            yield return $"{Quantity.FormatCount(result.Spoiled, "measurement")} spoiled by other work, {result.Repeated} repeated";
    }

    private static void WriteSetting(StringBuilder text, LabResult result, LabSetting setting)
    {
        text.Append("\n## ").Append(setting).Append("\n\n");
        LabSummary[] summaries = [.. result.Summaries.Where(summary => summary.Variant.Setting == setting)];
        string[] columns =
        [
            .. LabMetric.ColumnsOf(setting, Columns)
                .Where(name => summaries.Any(summary => summary[name] is not null)),
        ];
        string[] head = ["", .. columns.Select(name => LabMetric.Get(name).Title)];
        string[][] rows =
        [
            head,
            .. summaries.Select(summary =>
                (string[])[summary.Variant.Subject.Name,
                    .. columns.Select(name => Cell(summary, LabMetric.Get(name)))]),
        ];
        int[] widths = [.. head.Select((_, column) => rows.Max(row => row[column].Length))];
        WriteRow(rows[0]);
        text.Append('|').AppendJoin(
            '|', widths.Select((width, column) => new string('-', width + 1) + (column == 0 ? '-' : ':')))
            .Append("|\n");
        foreach (string[] row in rows[1..])
            WriteRow(row);
        if (!result.HasTooFewRounds)
        {
            IReadOnlyList<LabPairs> pairs = LabPairs.Of(result, setting);
            WritePairs(text, pairs);
            WriteVerdicts(text,
            [
                .. result.Verdicts.Where(verdict => verdict.Setting == setting)
                    .Where(verdict => pairs.All(pair => pair.Metrics.All(metric => metric.Name != verdict.Metric))),
            ]);
        }

        void WriteRow(string[] cells) => text.Append("| ").AppendJoin(" | ", cells.Select((cell, column) =>
            column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).Append(" |\n");
    }

    private static string Cell(LabSummary summary, LabMetric metric) => summary[metric.Name] is { } spread
        ? metric.Format(spread.Median)
            + (spread.Rounds == 1 ? "" : $" ({metric.Format(spread.Min)} to {metric.Format(spread.Max)})")
        : "–";

    private static void WritePairs(StringBuilder text, IReadOnlyList<LabPairs> pairs)
    {
        foreach (LabPairs pair in pairs)
        {
            text.Append("\n| ratio to ").Append(pair.Reference).Append(" | ")
                .AppendJoin(" | ", pair.Metrics.Select(metric => metric.Title)).Append(" |\n|---|")
                .Append(string.Concat(pair.Metrics.Select(_ => "--:|"))).Append('\n');
            foreach ((string subject, LabVerdict?[] verdicts) in pair.Rows)
            {
                text.Append("| ").Append(subject).Append(" | ")
                    .AppendJoin(" | ", verdicts.Select(verdict => LabPairs.TextOf(verdict, subject))).Append(" |\n");
            }
        }
    }

    private static void WriteVerdicts(StringBuilder text, IReadOnlyList<LabVerdict> verdicts)
    {
        if (verdicts.Count == 0)
            return;
        text.Append('\n');
        foreach (LabVerdict verdict in verdicts.Where(verdict => verdict.Better is not null))
            text.Append("- ").Append(verdict.Words).Append('\n');
        foreach (IGrouping<(string Words, string Metric), LabVerdict> undecided in verdicts
            .Where(verdict => verdict.Better is null).GroupBy(verdict => (verdict.Words, verdict.Metric)))
        {
            string pairs = string.Join("; ", undecided.Select(verdict => $"{verdict.First} and {verdict.Second}"
                + (verdict.Words == LabVerdict.NoDifference
                    ? $" at {LabVerdict.TextOf(verdict.Ratio.Median, verdict.Ratio.Low, verdict.Ratio.High)}" : "")));
            text.Append("- ").Append(LabMetric.Get(undecided.Key.Metric).Title).Append(": ")
                .Append(undecided.Key.Words).Append(" between ").Append(pairs).Append('\n');
        }
    }
}
