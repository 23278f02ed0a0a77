using System.Globalization;
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
        string[] columns = [.. Columns.Where(name => summaries.Any(summary => summary[name] is { Max: > 0 }))];
        page.Append("<div class=\"card wide\"><table class=\"figures\"><thead><tr><th></th>");
        foreach (string column in columns)
            page.Add($"<th>{LabMetric.Get(column).Title}</th>");
        page.Append("</tr></thead><tbody>\n");
        foreach (LabSummary summary in summaries)
        {
            page.Add($"<tr><td>{summary.Variant.Subject.Name}");
            if (summary.Failed > 0)
                page.Add($" <span class=\"warn\">{summary.Failed} failed</span>");
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
        if (verdicts.Length == 0)
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

    private static void WriteCell(HtmlPage page, LabMetric metric, LabSpread? spread)
    {
        if (spread is null)
            page.Append("<td>–</td>");
        else
            page.Add($"<td>{metric.Format(spread.Median)}<br>")
                .Add($"<small>{metric.Format(spread.Min)} – {metric.Format(spread.Max)}</small></td>");
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
        if (verdict.Better is null || verdict.Ratio is not { } ratio)
        {
            string mark = verdict.Words switch
            {
                LabVerdict.NoDifference => "≈",
                LabVerdict.NotComparable => "–",
                _ => "?",
            };
            page.Add($"<td class=\"same\" title=\"{verdict.Words}\">{mark}</td>");
            return;
        }
        string text = Times(verdict.First == row ? ratio : 1 / ratio);
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
