using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.App.Reports;

/// <summary>The report as one HTML page.</summary>
internal static class ClockReportPage
{
    /// <summary>Clients with plots of their own: those with the highest p99 delay. The table has all clients.</summary>
    public const int MostPictured = 12;

    public static string Of(ClockReport report)
    {
        var page = new HtmlPage("Hawser clock report");
        page.Append("<h1>Clock report</h1>\n");
        page.Add($"<p>{Subtitle(report)}</p>\n");
        WriteTiles(page, report.All);
        WriteTable(page, report);

        ClientReport[] pictured = Pictured(report);
        if (report.Clients.Count(client => client.Statistics?.Exchanges > 0) > 1)
        {
            page.Append("<h2>All clients</h2>\n<div class=\"cards\">");
            LatencyHistogram merged = Merged(report);
            page.WideCard("Histogram of delay", isWide => ClockPlots.DelayHistogram(merged, isWide));
            page.Append("</div>\n");
        }

        foreach (ClientReport client in pictured)
            WriteClient(page, client);
        return page.Finish();
    }

    private static string Subtitle(ClockReport report)
    {
        int pictured = Pictured(report).Length;
        string all = report.Clients.Count == 1 ? "One client" : $"{report.Clients.Count} clients";
        string server = string.Join(", ", report.Clients.Select(client => client.Server).Distinct().Take(3));
        string shown = pictured < report.Clients.Count && pictured == MostPictured
            ? $"; plots of the {pictured} with the highest p99 delay" : "";
        return $"{all} of {server}{shown}";
    }

    private static ClientReport[] Pictured(ClockReport report) =>
    [
        .. report.Clients.Where(client => client.Statistics?.Exchanges > 0)
            .OrderByDescending(client => client.Delay!.P99Ns).Take(MostPictured)
            .OrderBy(client => client.ClientId),
    ];

    private static void WriteTiles(HtmlPage page, ClockTotals all)
    {
        page.Append("<div class=\"tiles\">");
        page.Tile(DurationText.Count(all.Exchanges), "exchanges made");
        page.Tile(all.Missed is { } missed ? DurationText.Count(missed) : "–", "ticks missed");
        page.Tile(DurationText.Count(all.Lost), "exchanges lost");
        page.Tile(Text(all.Delay?.MedianNs), "median delay");
        page.Tile(Text(all.Delay?.P99Ns), "p99 delay");
        page.Tile(Text(all.Lateness?.P99Ns), "p99 lateness of ticks");
        page.Append("</div>\n");
    }

    private static void WriteTable(HtmlPage page, ClockReport report)
    {
        page.Append("<div class=\"card roll\"><table><thead><tr><th>client</th>")
            .Append("<th>made</th><th>missed</th><th>lost</th>")
            .Append("<th>delay median</th><th>p99</th><th>max</th><th>jitter p99</th><th>lateness p99</th>")
            .Append("<th>offset</th><th>drift</th></tr></thead><tbody>\n");
        foreach (ClientReport client in report.Clients)
        {
            bool isCut = client.Ending is TimeDataEnding.Cut or TimeDataEnding.Torn;
            string cut = isCut ? " <span class=\"warn\">cut</span>" : "";
            page.Add($"<tr><td>{client.ClientId?.ToString() ?? ""} <small>{client.Client}</small>");
            page.Append(cut).Append("</td>");
            string?[] cells =
            [
                DurationText.Count(client.Exchanges),
                client.Missed is { } missed ? DurationText.Count(missed) : null,
                DurationText.Count(client.Lost),
                Text(client.Delay?.MedianNs), Text(client.Delay?.P99Ns), Text(client.Delay?.MaxNs),
                Text(client.Jitter?.P99Ns), Text(client.Lateness?.P99Ns),
                client.Offset is { } offset ? Short(offset) : null,
            ];
            foreach (string? cell in cells)
                page.Add($"<td>{cell ?? "–"}</td>");
            page.Append("<td>").Append(Drift(client.Drift)).Append("</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n<p>Drift is in ppm, with its 95 % interval. The interval covers the scatter of ")
            .Append("delays and bursts of load; a queue that grows or empties throughout the recording looks like drift ")
            .Append("and is not covered.</p>\n");
    }

    private static void WriteClient(HtmlPage page, ClientReport client)
    {
        ClockStatistics statistics = client.Statistics!;
        page.Add($"<h2>Client {client.ClientId}</h2>\n");
        string steps = $"clock steps: {ClockReportText.StepsOf(client)}";
        string offset = client.Offset is { } found ? $"offset {ClockReportText.Wording(found)}; " : "";
        string drift = client.Drift is { } slope ? $"drift {ClockReportText.Wording(slope)}; " : "";
        string every = DurationText.Short(client.IntervalNs ?? 0);
        page.Add($"<p>{client.Client} to {client.Server}, one exchange every {every}; {offset}{drift}{steps}.</p>\n");
        page.Append("<div class=\"cards\">");
        WriteSpreads(page, client);
        page.WideCard("Delay over time: minimum, mean and maximum", isWide => ClockPlots.DelayOverTime(statistics, isWide));
        page.Card("Histogram of delay", ClockPlots.DelayHistogram(statistics.Delay, isWide: false), isWide: false);
        if (client.Offset is { } estimate && statistics.Sample.Points.Count > 0)
        {
            string plot = ClockPlots.OffsetAgainstDelay(statistics, estimate);
            page.Card("Offset against delay: the tip of the wedge is the estimate", plot, isWide: false);
        }

        page.Append("</div>\n");
    }

    private static void WriteSpreads(HtmlPage page, ClientReport client)
    {
        page.Append("<div class=\"card wide\"><table><thead><tr><th></th><th>min</th><th>mean</th><th>median</th>")
            .Append("<th>p99</th><th>p99.9</th><th>max</th></tr></thead><tbody>\n");
        ReadOnlySpan<(string Name, LatencySpread? Spread)> rows =
            [("delay", client.Delay), ("jitter", client.Jitter), ("lateness of ticks", client.Lateness)];
        foreach ((string name, LatencySpread? spread) in rows)
        {
            if (spread is null)
                continue;
            page.Add($"<tr><td>{name}</td>");
            double[] cells = [spread.MinNs, spread.MeanNs, spread.MedianNs, spread.P99Ns, spread.P999Ns, spread.MaxNs];
            foreach (double ns in cells)
                page.Add($"<td>{DurationText.Of(ns)}</td>");
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

    private static string Short(OffsetEstimate offset) =>
        $"{DurationText.Signed(offset.Ns)} ± {DurationText.Of(offset.ErrorNs)}";

    private static string Drift(DriftEstimate? found) => found is not { } drift ? "–"
        : $"{ClockReportText.Signed(drift.PartsPerMillion)} ppm<br>"
            + $"<small>{ClockReportText.Signed(drift.Lowest)} to {ClockReportText.Signed(drift.Highest)}</small>";

    private static string Text(long? ns) => ns is { } value ? DurationText.Of(value) : "–";
}
