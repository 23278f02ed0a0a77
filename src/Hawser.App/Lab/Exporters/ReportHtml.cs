using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Hawser.App.Lab.Display;
using Hawser.App.Reports;

namespace Hawser.App.Lab.Exporters;

/// <summary>A page of charts, figures and verdicts, light and dark, without scripts or network access.</summary>
internal sealed partial class ReportHtml : IExporter
{
    private const string Style = """
        :root{--s0:#0a66c2;--s1:#d9480f;--s2:#2b8a3e;--s3:#7048e8;--s4:#c2255c;--s5:#0c8599;--s6:#8a6d00;--s7:#5c6773;
        --good:#1f7a3d;--goodbg:#2b8a3e1f;--bad:#b02a4c;--badbg:#c2255c17}
        @media(prefers-color-scheme:dark){:root{--s0:#62b0ff;--s1:#ff9a5c;--s2:#63cf7e;--s3:#b197fc;--s4:#ff82ac;
        --s5:#4fd0e3;--s6:#e3c04d;--s7:#a8b3c0;--good:#7ddc95;--goodbg:#63cf7e24;--bad:#ff94b4;--badbg:#ff82ac1f}}
        .s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}
        .s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}
        .line{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
        .partial{stroke-dasharray:2 6}
        .floor{--c:var(--soft)}.line.floor,.floor.level{stroke-dasharray:7 4}
        .level{stroke:var(--c);stroke-width:2}
        .range{fill:none;stroke:var(--c);stroke-width:7;stroke-opacity:.28;stroke-linecap:round}
        .spot{fill:var(--c);stroke:var(--card);stroke-width:1.5}
        .ring{fill:var(--card);stroke:var(--c);stroke-width:2}
        .span{stroke:var(--c);stroke-width:4;stroke-opacity:.35;stroke-linecap:round}
        .stroke{stroke:var(--c);stroke-width:2}
        .block{fill:var(--c);fill-opacity:.85}
        .whisker{fill:none;stroke:var(--ink);stroke-width:1.4;stroke-opacity:.75}
        .name{fill:var(--ink);font-size:13px}.figure{fill:var(--ink);font-size:12.5px;font-weight:600;
        font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
        .rule{stroke:var(--grid)}
        .legend{display:flex;flex-wrap:wrap;gap:6px 18px;margin:0;padding:10px 20px;position:sticky;top:0;z-index:1;
        background:var(--page);margin:0 -20px;color:var(--ink);font-size:13.5px}
        .legend i{display:inline-block;width:14px;height:14px;border-radius:4px;background:var(--c);
        margin-right:7px;vertical-align:-2px}
        .facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;margin:14px 0 0;font-size:13.5px}
        .facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
        details{margin:18px 0;border-left:4px solid var(--warm)!important}
        summary{cursor:pointer;font-weight:600}
        details ul{margin:10px 0 2px;padding-left:20px;color:var(--soft);font-size:13.5px}
        code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        .option{white-space:nowrap}td small{font-size:11px}.figures{font-size:13px}.figures td{padding:6px 5px}
        .figures th{white-space:normal;vertical-align:bottom;padding:4px 5px 8px}
        nav ol{margin:4px 0 0;padding-left:20px}nav a{color:var(--main)}
        .matrix td,.matrix th{text-align:center;padding:6px 8px}
        .matrix th:first-child,.matrix td:first-child{text-align:left}
        .same{color:var(--soft)}.better{color:var(--good);background:var(--goodbg);font-weight:600}
        .worse{color:var(--bad);background:var(--badbg)}
        """;

    public string FileName => "report.html";

    public string Export(LabResult result)
    {
        var charts = new ReportCharts(result);
        var page = new HtmlPage("Hawser lab report", Style);
        WriteHead(page, result);
        if (result.Measurements.All(measurement => measurement.Figures is null))
            return page.Append("<p>No measurements yet.</p>").Finish();
        List<(string Id, string Title, Action Write)> sections =
        [
            ("throughput", result.Settings.Any(setting => setting is { Task: null, Burst: false })
                ? "Throughput" : "Overview", () => WriteThroughput(page, result, charts)),
        ];
        if (result.Summaries.Any(summary => summary.LatencyCurve.Count > 0))
            sections.Add(("latency", "Latency", () => WriteLatency(page, result, charts)));
        if (charts.Hindrances.Any())
            sections.Add(("blocking", "Head-of-line blocking", () => WriteHindrances(page, charts)));
        if (result.Goals.Count > 0)
            sections.Add(("goals", "Goals", () => ReportTables.WriteGoals(page, result)));
        if (result.Baseline is { } baseline)
            sections.Add(("earlier", "Compared with an earlier run", () => WriteBaseline(page, baseline)));
        sections.Add(("figures", "Figures and verdicts", () => WriteFigures(page, result)));
        page.Append("<nav class=\"card\"><b>Contents</b><ol>");
        foreach ((string id, string title, _) in sections)
            page.Add($"<li><a href=\"#{id}\">{title}</a></li>");
        page.Append("</ol></nav>\n");
        WriteLegend(page, charts);
        foreach ((string id, string title, Action write) in sections)
        {
            page.Add($"<h2 id=\"{id}\">{title}</h2>\n");
            write();
        }
        return page.Finish();
    }

    private static void WriteHead(HtmlPage page, LabResult result)
    {
        page.Append("<h1>Lab report</h1>\n");
        WriteWarnings(page, result.Warnings);
        page.Add($"<p>{result.Summaries.Count} variants, measured side by side; ")
            .Append(Text($"{result.Begun:d MMMM yyyy, HH:mm} UTC"))
            .Append(result.IsComplete ? "" : "; <b>not complete</b>")
            .Append("</p>\n<div class=\"tiles\">");
        page.Tile(Text($"{result.Measurements.Count}"), "measurements");
        page.Tile(Text($"{result.Measurements.Count(measurement => measurement.Error is not null)}"), "failed");
        page.Tile(Text($"{result.Spoiled}"), Text($"spoiled, {result.Repeated} repeated"));
        page.Tile(Text($"{result.Rounds}"), result.Rounds == 1 ? "round" : "rounds, shuffled");
        page.Tile(Text($"{result.SecondsPerMeasurement:0.###} s"),
            Text($"per measurement, after {result.WarmUpSeconds:0.###} s of warm-up"));
        page.Tile(Text($"{result.Verdicts.Count(verdict => verdict.Better is not null)}"),
            Text($"differences seen in {result.Verdicts.Count} comparisons"));
        page.Append("</div>\n<div class=\"card\"><dl class=\"facts\">");
        Fact(page, "Host", $"{result.Machine.Cpu}, {result.Machine.Cores} cores, {result.Machine.OperatingSystem}");
        Fact(page, "Versions", $"hawser {result.Machine.Hawser}, .NET {result.Machine.Dotnet}");
        Fact(page, "CPU pinning", result.Machine.Pinned);
        page.Append("<dt>Command</dt><dd><code>").Append(Unbroken(result.Command)).Append("</code></dd></dl></div>\n");
    }

    private static void WriteWarnings(HtmlPage page, IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
            return;
        page.Append("<details class=\"card\" open><summary>")
            .Add($"{warnings.Count} {(warnings.Count == 1 ? "warning" : "warnings")}</summary><ul>");
        foreach (string warning in warnings)
            page.Append("<li>").Append(Unbroken(warning)).Append("</li>");
        page.Append("</ul></details>\n");
    }

    private static void WriteLegend(HtmlPage page, ReportCharts charts)
    {
        page.Append("<div class=\"legend\">");
        foreach ((string name, string style) in charts.Legend)
            page.Add($"<span class=\"{style}\"><i></i>{name}</span>");
        page.Append("</div>\n");
    }

    private static void WriteThroughput(HtmlPage page, LabResult result, ReportCharts charts)
    {
        page.Append(result.Rounds == 1
                ? "<p>Bars and curves are the figures of the only round.</p>\n"
                : "<p>Bars and curves are medians of the rounds; whiskers and shading are distribution-free 95 % "
                    + "confidence intervals for the median, from the k-th smallest to the k-th largest round. With "
                    + "fewer than six rounds they are minimum and maximum and cover less. Verdicts do not compare "
                    + "these intervals but the rounds one by one.</p>\n")
            .Append("<div class=\"cards\">");
        foreach (IReadOnlyList<LabSetting> ladder in charts.Ladders)
            page.WideCard(TitleOf(ladder), isWide => charts.ThroughputByClients(ladder, isWide));
        foreach (LabSetting setting in result.Settings)
            page.Card(setting.ToString(), charts.Bars(setting), isWide: false);
        page.Append("</div>\n");
    }

    private static void WriteLatency(HtmlPage page, LabResult result, ReportCharts charts)
    {
        page.Append("<p>Percentiles over all rounds, ten times rarer per line. With a ")
            .Append("scheduled rate, latency counts from the scheduled time. Dotted curves leave out clients or pings ")
            .Append("that were never answered.</p>\n")
            .Append("<div class=\"cards\">");
        foreach (LabSetting setting in result.Settings.Where(setting =>
            result.Summaries.Any(summary => summary.Variant.Setting == setting && summary.LatencyCurve.Count > 0)))
        {
            page.Card(setting.ToString(), charts.LatencyCurves(setting), isWide: false);
        }
        page.Append("</div>\n");
    }

    private static void WriteHindrances(HtmlPage page, ReportCharts charts)
    {
        page.Append("<p>Latency of all clients, undisturbed, with ")
            .Append("work in the handler and with one slow client. Figures are p99.</p>\n<div class=\"cards\">");
        foreach (IReadOnlyList<LabSetting> settings in charts.Hindrances)
        {
            LabSetting plain = settings[0] with { WorkMicroseconds = 0, SlowClient = null };
            page.WideCard(plain.ToString(), isWide => charts.Hindrance(settings, isWide));
        }
        page.Append("</div>\n");
    }

    private static void WriteFigures(HtmlPage page, LabResult result)
    {
        page.Append("<p>Medians").Append(result.Rounds == 1 ? "" : "; below them, minimum and maximum of the rounds")
            .Append(". ");
        if (result.Verdicts.Count > 0 && result.HasTooFewRounds)
        {
            page.Append(LabText.TooFewRounds);
        }
        else if (result.Verdicts.Count > 0)
        {
            page.Append("Verdicts give the ratio of row to column, the median of the ratios within each round: ")
                .Append("green is better, red is worse, ≈ no difference seen (the 95 % interval includes 1), ")
                .Append("– not comparable, because one subject left clients or pings unanswered. ")
                .Append(Text($"By chance alone, {result.Verdicts.Count} comparisons of equal subjects would show "))
                .Append(Text($"up to {Math.Ceiling(0.05 * result.Verdicts.Count)} differences."));
        }
        page.Append("</p>\n");
        foreach (LabSetting setting in result.Settings)
        {
            page.Add($"<h3 class=\"setting\">{setting}</h3>\n<div class=\"cards\">");
            ReportTables.WriteFigures(page, result, setting);
            foreach (LabMetric metric in LabMetric.JudgedUnder(setting))
                ReportTables.WriteVerdicts(page, result, setting, metric.Name);
            page.Append("</div>\n");
        }
    }

    private static void WriteBaseline(HtmlPage page, LabComparison baseline)
    {
        page.Add($"<p>{LabComparisonText.Verdict(baseline.Changes)}, compared with {baseline.Old}. The intervals of ")
            .Append("all rows hold at once with 95 %; what differs between any two runs is part of a change.</p>\n");
        foreach (string warning in baseline.Warnings)
            page.Add($"<p class=\"warn\">{warning}</p>\n");
        page.Append("<div class=\"cards\">");
        ReportTables.WriteComparison(page, baseline);
        page.Append("</div>\n");
    }

    // Without this a browser breaks an option after one of its hyphens.
    private static string Unbroken(string text) =>
        Option().Replace(WebUtility.HtmlEncode(text), "<span class=\"option\">$0</span>");

    [GeneratedRegex("--[a-z][a-z-]*")]
    private static partial Regex Option();

    private static void Fact(HtmlPage page, string name, string text) => page.Add($"<dt>{name}</dt><dd>{text}</dd>");

    private static string TitleOf(IReadOnlyList<LabSetting> ladder)
    {
        int most = ladder.Max(setting => setting.Clients);
        return Text($"{ladder.Min(setting => setting.Clients):#,0} to ") + (ladder[0] with { Clients = most });
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
