using System.Globalization;
using Hawser.App.Lab.Display;
using Hawser.App.Reports;

namespace Hawser.App.Lab.Exporters;

/// <summary>The tables of a lab report.</summary>
internal static class ReportTables
{
    private static readonly string[] Columns =
    [
        "round_trips_per_second", "latency_p50_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns",
        "server_cpu_us_per_round_trip", "voluntary_switches_per_round_trip",
        "involuntary_switches_per_second", "resident_bytes", "bytes_per_idle_connection", "jain_index",
        "unanswered_share",
    ];

    /// <summary>All figures under one setting.</summary>
    public static void WriteFigures(HtmlPage page, LabResult result, LabSetting setting)
    {
        LabSummary[] summaries = [.. result.Summaries.Where(summary => summary.Variant.Setting == setting)];
        string[] columns =
        [
            .. LabMetric.ColumnsOf(setting, Columns)
                .Where(name => summaries.Any(summary => summary[name] is { Max: > 0 })),
        ];
        page.Append("<div class=\"card wide\"><table class=\"figures\"><thead><tr><th></th>");
        foreach (string column in columns)
            page.Add($"<th>{LabMetric.Get(column).Title}</th>");
        page.Append("</tr></thead><tbody>\n");
        foreach (LabSummary summary in summaries)
        {
            page.Add($"<tr><td>{summary.Variant.Subject.Name}");
            if (summary.Failed > 0)
                page.Add($" <span class=\"warn\">{summary.Failed} failed</span>");
            if (summary.Spoiled > 0)
                page.Add($" <span class=\"warn\">{summary.Spoiled} spoiled</span>");
            page.Append("</td>");
            foreach (string column in columns)
                WriteCell(page, LabMetric.Get(column), summary[column]);
            page.Append("</tr>\n");
        }
        page.Append("</tbody></table></div>\n");
    }

    /// <summary>The verdicts on one metric under one setting: row relative to column.</summary>
    public static void WriteVerdicts(HtmlPage page, LabResult result, LabSetting setting, string metric)
    {
        LabVerdict[] verdicts =
            [.. result.Verdicts.Where(verdict => verdict.Setting == setting && verdict.Metric == metric)];
        if (verdicts.All(verdict => verdict.Words == LabVerdict.TooFewRounds))
            return;
        string[] names = [.. verdicts.SelectMany(verdict => (string[])[verdict.First, verdict.Second]).Distinct()];
        page.Append("<div class=\"card\">");
        page.Add($"<h3>{LabMetric.Get(metric).Title}, row ÷ column</h3><table class=\"matrix\"><thead><tr><th></th>");
        foreach (string name in names)
            page.Add($"<th>{name}</th>");
        page.Append("</tr></thead><tbody>\n");
        foreach (string row in names)
        {
            page.Add($"<tr><td>{row}</td>");
            foreach (string column in names)
                WriteVerdict(page, verdicts, row, column);
            page.Append("</tr>\n");
        }
        page.Append("</tbody></table></div>\n");
    }

    /// <summary>The goals of the scenario, and what was reached.</summary>
    public static void WriteGoals(HtmlPage page, LabResult result)
    {
        page.Append("<div class=\"card\"><table><thead><tr><th>goal</th><th>setting</th><th>reached</th>")
            .Append("<th>interval</th><th></th></tr></thead><tbody>\n");
        foreach (LabGoalOutcome outcome in result.Goals.SelectMany(goal => goal.Judge(result)))
        {
            string style = outcome.Words == LabGoalOutcome.Reached ? "better"
                : outcome.Words == LabGoalOutcome.Missed ? "worse" : "same";
            page.Add($"<tr><td>{outcome.Goal.Words}</td><td>{outcome.Setting}</td><td>{outcome.Value}</td>")
                .Add($"<td>{outcome.Interval}</td><td class=\"{style}\">{outcome.Words}</td></tr>\n");
        }
        page.Append("</tbody></table></div>\n");
    }

    /// <summary>What changed since an earlier result.</summary>
    public static void WriteComparison(HtmlPage page, LabComparison comparison)
    {
        foreach (IGrouping<string, LabChange> setting in comparison.Changes.GroupBy(change => change.Setting))
        {
            page.Add($"<div class=\"card wide\"><h3>{setting.Key}</h3><table><thead><tr><th></th><th></th>")
                .Append("<th>earlier</th><th>now</th><th>now ÷ earlier</th><th></th></tr></thead><tbody>\n");
            foreach (LabChange change in setting)
            {
                string[] cells = LabComparisonText.Row(change, comparison.Control);
                string style = change.Outcome is LabOutcome.Better or LabOutcome.Worse ? cells[^1] : "same";
                page.Append("<tr>");
                foreach (string cell in cells[..^1])
                    page.Add($"<td>{cell}</td>");
                page.Add($"<td class=\"{style}\">{cells[^1]}</td></tr>\n");
            }
            page.Append("</tbody></table></div>\n");
        }
    }

    private static void WriteCell(HtmlPage page, LabMetric metric, LabSpread? spread)
    {
        if (spread is null)
            page.Append("<td>–</td>");
        else
        {
            page.Add($"<td>{metric.Format(spread.Median)}");
            if (spread.Rounds > 1)
                page.Add($"<br><small>{metric.Format(spread.Min)} – {metric.Format(spread.Max)}</small>");
            page.Append("</td>");
        }
    }

    private static void WriteVerdict(HtmlPage page, LabVerdict[] verdicts, string row, string column)
    {
        LabVerdict? verdict = verdicts.FirstOrDefault(entry =>
            (entry.First == row && entry.Second == column) || (entry.First == column && entry.Second == row));
        if (verdict is null)
        {
            page.Append("<td></td>");
            return;
        }
        LabSpread ratio = verdict.First == row ? verdict.Ratio : verdict.Ratio.Inverse;
        string range = LabVerdict.TextOf(ratio.Median, ratio.Low, ratio.High);
        if (verdict.Better is null)
        {
            string mark = verdict.Words switch
            {
                LabVerdict.NoDifference => "≈",
                LabVerdict.NotComparable => "–",
                _ => "?",
            };
            string tip = verdict.Words == LabVerdict.NoDifference ? $"{verdict.Words}: {range}" : verdict.Words;
            page.Add($"<td class=\"same\" title=\"{tip}\">{mark}</td>");
            return;
        }
        string text = Times(ratio.Median);
        string style = verdict.Better == row ? "better" : "worse";
        page.Add($"<td class=\"{style}\" title=\"{verdict.Words}\">{text}</td>");
    }

    private static string Times(double ratio) => ratio switch
    {
        < 0.01 => "< 0.01",
        < 100 => ratio.ToString("0.00", CultureInfo.InvariantCulture),
        _ => ratio.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
