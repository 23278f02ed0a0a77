using System.Net;
using System.Text;
using Hawser.Services.Measuring;

namespace Hawser.Services.Clock;

/// <summary>The report as one HTML page: style and pictures inside, no script, no network, light and dark.</summary>
internal static class ClockReportPage
{
    /// <summary>Clients whose pictures are on the page: those with the highest p99 delay; the table has all.</summary>
    public const int MostPictured = 12;

    private const string Style = """
        :root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#18212d;--soft:#5a687a;--grid:#e6e9ee;
        --edge:#dfe3e9;--main:#0a66c2;--band:#0a66c226;--dot:#0a66c270;--warm:#c2470a;--warn:#b42318}
        @media(prefers-color-scheme:dark){:root{--page:#0f1319;--card:#171d26;--ink:#e7ecf3;--soft:#94a3b8;
        --grid:#28313d;--edge:#28313d;--main:#62b0ff;--band:#62b0ff33;--dot:#62b0ff80;--warm:#ffa366;--warn:#ff8a80}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:1180px;margin:0 auto;padding:32px 20px 56px}
        h1{font-size:26px;letter-spacing:-.01em;margin:0}
        h2{font-size:18px;margin:36px 0 4px}
        h3{font-size:13px;font-weight:600;margin:0 0 6px}
        p{margin:2px 0 12px;color:var(--soft)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0}
        .tile,.card{background:var(--card);border:1px solid var(--edge);border-radius:10px}
        .tile{padding:12px 16px}
        .tile b{display:block;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .tile span{color:var(--soft);font-size:13px}
        .card{padding:14px 16px;overflow-x:auto}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:12px;margin-top:10px}
        .wide{grid-column:1/-1}
        table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
        th{font-weight:600;color:var(--soft);text-align:right;padding:4px 10px 8px;white-space:nowrap}
        td{text-align:right;padding:6px 10px;border-top:1px solid var(--grid);white-space:nowrap}
        th:first-child,td:first-child{text-align:left;padding-left:0}
        th:last-child,td:last-child{padding-right:0}
        .roll{max-height:560px;overflow:auto;padding-top:0}
        .roll th{position:sticky;top:0;background:var(--card);padding-top:14px}
        .warn{color:var(--warn)}
        small{color:var(--soft);font-size:12.5px}
        svg{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        .wide svg{min-width:720px}
        .grid{stroke:var(--grid)}.tick,.label{fill:var(--soft)}.word{fill:var(--warm);font-weight:600;
        paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
        .band{fill:var(--band)}.curve{fill:none;stroke:var(--main);stroke-width:1.5;stroke-linejoin:round}
        .bar{fill:var(--main)}.dot{fill:var(--dot)}.best{fill:var(--warm);stroke:var(--card);stroke-width:1.5}
        .wedge{fill:none;stroke:var(--warm);stroke-width:1.2;stroke-dasharray:5 4}
        .mark{stroke:var(--warm);stroke-dasharray:3 3}
        """;

    public static string Of(ClockReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append("<title>Hawser clock report</title>\n<style>\n").Append(Style)
            .Append("\n</style></head>\n<body><main>\n");
        page.Append("<h1>Clock report</h1>\n");
        Add(page, $"<p>{Subtitle(report)}</p>\n");
        WriteTiles(page, report.All);
        WriteTable(page, report);

        ClientReport[] pictured = Pictured(report);
        if (report.Clients.Count(client => client.Statistics?.Exchanges > 0) > 1)
        {
            page.Append("<h2>All clients</h2>\n<div class=\"cards\">");
            string plot = ClockPlots.DelayHistogram(Merged(report), isWide: true);
            Card(page, "How often which delay occurred", plot, isWide: true);
            page.Append("</div>\n");
        }

        foreach (ClientReport client in pictured)
            WriteClient(page, client);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static string Subtitle(ClockReport report)
    {
        int pictured = Pictured(report).Length;
        string all = report.Clients.Count == 1 ? "One client" : $"{report.Clients.Count} clients";
        string server = string.Join(", ", report.Clients.Select(client => client.Server).Distinct().Take(3));
        string shown = pictured < report.Clients.Count && pictured == MostPictured
            ? $"; pictures of the {pictured} with the highest p99 delay" : "";
        return $"{all} of {server}{shown}";
    }

    private static ClientReport[] Pictured(ClockReport report) =>
    [
        .. report.Clients.Where(client => client.Statistics?.Exchanges > 0)
            .OrderByDescending(client => client.Delay!.P99Ns).Take(MostPictured)
            .OrderBy(client => client.ClientId),
    ];

    private static void WriteTiles(StringBuilder page, ClockTotals all)
    {
        page.Append("<div class=\"tiles\">");
        Tile(page, DurationText.Count(all.Exchanges), "exchanges made");
        Tile(page, DurationText.Count(all.Missed), "ticks missed");
        Tile(page, DurationText.Count(all.Lost), "exchanges lost");
        Tile(page, Text(all.Delay?.MedianNs), "median delay");
        Tile(page, Text(all.Delay?.P99Ns), "p99 delay");
        Tile(page, Text(all.Lateness?.P99Ns), "p99 lateness of ticks");
        page.Append("</div>\n");
    }

    private static void WriteTable(StringBuilder page, ClockReport report)
    {
        page.Append("<div class=\"card roll\"><table><thead><tr><th>client</th><th>made</th><th>missed</th><th>lost</th>")
            .Append("<th>delay median</th><th>p99</th><th>max</th><th>jitter p99</th><th>lateness p99</th>")
            .Append("<th>offset</th><th>drift</th></tr></thead><tbody>\n");
        foreach (ClientReport client in report.Clients)
        {
            bool isCut = client.Ending is TimeDataEnding.Cut or TimeDataEnding.Torn;
            string cut = isCut ? " <span class=\"warn\">cut</span>" : "";
            Add(page, $"<tr><td>{client.ClientId?.ToString() ?? ""} <small>{client.Client}</small>");
            page.Append(cut).Append("</td>");
            string?[] cells =
            [
                DurationText.Count(client.Exchanges),
                client.Missed is { } missed ? DurationText.Count(missed) : null,
                DurationText.Count(client.Lost),
                Text(client.Delay?.MedianNs), Text(client.Delay?.P99Ns), Text(client.Delay?.MaxNs),
                Text(client.Jitter?.P99Ns), Text(client.Lateness?.P99Ns),
                client.Offset is { } offset ? Short(offset) : null,
                client.Drift is { } drift ? Short(drift) : null,
            ];
            foreach (string? cell in cells)
                Add(page, $"<td>{cell ?? "–"}</td>");
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void WriteClient(StringBuilder page, ClientReport client)
    {
        ClockStatistics statistics = client.Statistics!;
        Add(page, $"<h2>Client {client.ClientId}</h2>\n");
        string steps = $"clock steps: {ClockReportText.StepsOf(client)}";
        string offset = client.Offset is { } found ? $"offset {ClockReportText.Wording(found)}; " : "";
        string drift = client.Drift is { } slope ? $"drift {ClockReportText.Wording(slope)}; " : "";
        string every = DurationText.Short(client.IntervalNs ?? 0);
        Add(page, $"<p>{client.Client} to {client.Server}, one exchange every {every}; {offset}{drift}{steps}.</p>\n");
        page.Append("<div class=\"cards\">");
        WriteSpreads(page, client);
        string trace = ClockPlots.DelayOverTime(statistics);
        Card(page, "Delay over time: least to greatest, and the mean", trace, isWide: true);
        string histogram = ClockPlots.DelayHistogram(statistics.Delay, isWide: false);
        Card(page, "How often which delay occurred", histogram, isWide: false);
        if (client.Offset is { } estimate && statistics.Sample.Points.Count > 0)
        {
            string plot = ClockPlots.OffsetAgainstDelay(statistics, estimate);
            Card(page, "Offset against delay: the tip of the wedge is the estimate", plot, isWide: false);
        }

        page.Append("</div>\n");
    }

    private static void WriteSpreads(StringBuilder page, ClientReport client)
    {
        page.Append("<div class=\"card wide\"><table><thead><tr><th></th><th>min</th><th>mean</th><th>median</th>")
            .Append("<th>p99</th><th>p99.9</th><th>max</th></tr></thead><tbody>\n");
        ReadOnlySpan<(string Name, LatencySpread? Spread)> rows =
            [("delay", client.Delay), ("jitter", client.Jitter), ("lateness of ticks", client.Lateness)];
        foreach ((string name, LatencySpread? spread) in rows)
        {
            if (spread is null)
                continue;
            Add(page, $"<tr><td>{name}</td>");
            double[] cells = [spread.MinNs, spread.MeanNs, spread.MedianNs, spread.P99Ns, spread.P999Ns, spread.MaxNs];
            foreach (double ns in cells)
                Add(page, $"<td>{DurationText.Of(ns)}</td>");
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>");
    }

    private static LatencyHistogram Merged(ClockReport report)
    {
        var merged = new LatencyHistogram();
        foreach (ClientReport client in report.Clients)
        {
            if (client.Statistics is { } statistics)
                merged.Add(statistics.Delay);
        }

        return merged;
    }

    private static void Tile(StringBuilder page, string figure, string name) =>
        Add(page, $"<div class=\"tile\"><b>{figure}</b><span>{name}</span></div>");

    private static void Card(StringBuilder page, string title, string plot, bool isWide)
    {
        page.Append(isWide ? "<div class=\"card wide\">" : "<div class=\"card\">");
        Add(page, $"<h3>{title}</h3>");
        page.Append(plot).Append("</div>");
    }

    private static string Short(OffsetEstimate offset) =>
        $"{DurationText.Signed(offset.Ns)} ± {DurationText.Of(offset.ErrorNs)}";

    private static string Short(DriftEstimate drift) => $"{ClockReportText.Signed(drift.PartsPerMillion)} ppm";

    private static string Text(long? ns) => ns is { } value ? DurationText.Of(value) : "–";

    // Everything that is put into the page's text goes through here, and so is made harmless.
    private static void Add(StringBuilder page, FormattableString html)
    {
        object?[] safe = [.. html.GetArguments().Select(value => (object?)WebUtility.HtmlEncode(value?.ToString()))];
        page.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, html.Format, safe);
    }
}
