using System.Globalization;
using Hawser.App.Reports;

namespace Hawser.App.Lab.Exporters;

/// <summary>The charts of a lab report. A subject has the same colour in all of them.</summary>
internal sealed class ReportCharts(LabResult result)
{
    private const int Colours = 8;

    private readonly string[] _subjects =
        [.. result.Summaries.Select(summary => summary.Variant.Subject.Name).Distinct()];

    /// <summary>The subjects with figures, and the CSS class of each.</summary>
    public IEnumerable<(string Name, string Style)> Legend => _subjects
        .Where(name => result.Summaries.Any(summary => summary.Variant.Subject.Name == name && summary.Rounds > 0))
        .Select(name => (name, StyleOf(name)));

    /// <summary>Groups of settings that differ only in the number of clients.</summary>
    public IEnumerable<IReadOnlyList<LabSetting>> Ladders => result.Settings
        .GroupBy(setting => setting with { Clients = 0 })
        .Select(group => (IReadOnlyList<LabSetting>)[.. group])
        .Where(group => group.Count > 1 && Of(group).Any(summary => summary.Throughput is not null));

    /// <summary>Groups of settings that differ only in work and slow client.</summary>
    public IEnumerable<IReadOnlyList<LabSetting>> Hindrances => result.Settings
        .GroupBy(setting => setting with { WorkMicroseconds = 0, SlowClient = null })
        .Select(group => (IReadOnlyList<LabSetting>)[.. group])
        .Where(group => group.Count > 1 && Of(group).Any(summary => summary.Rounds > 0));

    /// <summary>Throughput against clients: a curve per subject, with the interval at each point.</summary>
    public string ThroughputByClients(IReadOnlyList<LabSetting> ladder, bool isWide)
    {
        LabSummary[] summaries = [.. Of(ladder).Where(summary => summary.Throughput is not null)];
        var x = new PlotAxis("clients", ladder.Min(setting => setting.Clients) * 0.85,
            ladder.Max(setting => setting.Clients) * 1.15, true, Whole);
        var y = new PlotAxis(
            "round trips per second", 0, summaries.Max(summary => summary.Throughput!.High) * 1.08, false, Whole);
        var plot = new SvgPlot("Round trips per second against clients", x, y, isWide);
        foreach (IGrouping<string, LabSummary> subject in summaries.GroupBy(summary => summary.Variant.Subject.Name))
        {
            string style = StyleOf(subject.Key);
            LabSummary[] points = [.. subject.OrderBy(summary => summary.Variant.Setting.Clients)];
            plot.Curve(points.Select(point => (X(point), point.Throughput!.Median)), $"line {style}");
            foreach (LabSummary point in points)
            {
                LabSpread rate = point.Throughput!;
                if (rate.Rounds > 1)
                    plot.Curve([(X(point), rate.Low), (X(point), rate.High)], $"range {style}");
                plot.Dot(X(point), rate.Median, 3.6, $"spot {style}");
            }
        }
        return plot.Render();

        static double X(LabSummary summary) => summary.Variant.Setting.Clients;
    }

    /// <summary>The first figure under one setting: a bar per subject, and the floor as a line across them.</summary>
    public string Bars(LabSetting setting)
    {
        LabSummary[] all = [.. Of([setting])];
        LabMetric metric = LabMetric.FirstOf(setting, all);
        LabSummary[] rows = [.. all.Where(summary => !IsFloor(summary) || all.Length == 1)];
        double most = all.Max(summary => summary[metric.Name]?.High ?? 0);
        bool isRate = metric.MoreIsBetter;
        var axis = new PlotAxis(TitleOf(metric), 0, isRate ? Math.Max(1, most) : most > 0 ? most : 1, false,
            isRate ? Short : metric.Format);
        var plot = SvgPlot.OfRows($"{TitleOf(metric)}, {setting}", axis, rows.Length, isWide: false, 108, 74);
        foreach ((int row, LabSummary summary) in rows.Index())
        {
            string name = summary.Variant.Subject.Name;
            plot.Name(row, name);
            if (summary[metric.Name] is not { } spread)
            {
                plot.RowWord(row, "failed");
                continue;
            }
            string figure = metric.Format(spread.Median);
            plot.RowBar(row, (spread.Low, spread.Median, spread.High), figure, StyleOf(name), TipOf(name, spread));
        }
        if (rows.Length < all.Length && all.First(IsFloor)[metric.Name] is { } floor)
            plot.RowLine(floor.Median, StyleOf(LabFloor.Name), TipOf(LabFloor.Name, floor));
        return plot.Render();

        string TipOf(string name, LabSpread spread) => $"{name}: {metric.Format(spread.Median)}"
            + (spread.Rounds > 1 ? $", interval {metric.Format(spread.Low)} to {metric.Format(spread.High)}" : "");
    }

    /// <summary>The first figure's name in a chart.</summary>
    public static string TitleOf(LabMetric metric) =>
        metric.Name == "round_trips_per_second" ? "round trips per second" : metric.Title;

    /// <summary>Latency percentiles under one setting: a curve per subject; both axes are logarithmic.</summary>
    public string LatencyCurves(LabSetting setting)
    {
        LabSummary[] summaries = [.. Of([setting]).Where(summary => summary.LatencyCurve.Count > 0)];
        double last = summaries.Max(summary => Beyond(summary.LatencyCurve[^1].Percent));
        var x = new PlotAxis("percentile", 1, Math.Max(2, 1.01 * last), true, PercentOf);
        PlotAxis y = PlotAxis.OfDurations("latency", summaries.Min(summary => summary.LatencyCurve[0].Ns),
            summaries.Max(summary => summary.LatencyCurve[^1].Ns));
        var plot = new SvgPlot($"Latency percentiles, {setting}", x, y, isWide: false);
        foreach (LabSummary summary in summaries)
        {
            plot.Curve(
                summary.LatencyCurve.Select(point => (Beyond(point.Percent), (double)point.Ns)),
                $"line {(summary.LeavesOut ? "partial " : "")}{StyleOf(summary.Variant.Subject.Name)}");
        }
        return plot.Render();
    }

    /// <summary>Median, p99 and p99.9 of every subject with and without work and a slow client.</summary>
    public string Hindrance(IReadOnlyList<LabSetting> settings, bool isWide)
    {
        (string Subject, LabSummary[] Rows)[] groups =
        [
            .. Of(settings).GroupBy(summary => summary.Variant.Subject.Name)
                .Select(group => (group.Key, group.ToArray())),
        ];
        LabSummary[] measured = [.. groups.SelectMany(group => group.Rows).Where(summary => summary.Rounds > 0)];
        PlotAxis axis = PlotAxis.OfDurations("latency: ring p50, dot p99, bar p99.9",
            measured.Min(summary => summary["latency_p50_ns"]!.Median),
            measured.Max(summary => summary["latency_p999_ns"]!.Median));
        var plot = SvgPlot.OfRows(
            "Head-of-line blocking: latency", axis, groups.Sum(group => group.Rows.Length), isWide,
            isWide ? 300 : 220, isWide ? 200 : 170);
        int row = 0;
        foreach ((string subject, LabSummary[] rows) in groups)
        {
            if (row > 0)
                plot.Rule(row);
            foreach (LabSummary summary in rows)
            {
                plot.Name(row, $"{subject}, {DifferenceOf(summary.Variant.Setting)}");
                if (summary.Rounds == 0)
                    plot.RowWord(row, "failed");
                else
                    DrawSpan(plot, row, summary);
                row++;
            }
        }
        return plot.Render();
    }

    private void DrawSpan(SvgPlot plot, int row, LabSummary summary)
    {
        string p50 = Text("latency_p50_ns");
        string p99 = Text("latency_p99_ns");
        string p999 = Text("latency_p999_ns");
        string figure = summary.LeavesOut ? $"{p99}, answered only" : p99;
        plot.RowSpan(row, Ns("latency_p50_ns"), Ns("latency_p99_ns"), Ns("latency_p999_ns"), figure,
            StyleOf(summary.Variant.Subject.Name), $"{summary.Variant}: median {p50}, p99 {p99}, p99.9 {p999}");

        double Ns(string metric) => summary[metric]!.Median;
        string Text(string metric) => LabMetric.Get(metric).Format(Ns(metric));
    }

    private IEnumerable<LabSummary> Of(IReadOnlyList<LabSetting> settings) =>
        result.Summaries.Where(summary => settings.Contains(summary.Variant.Setting));

    private static bool IsFloor(LabSummary summary) => summary.Variant.Subject.Name == LabFloor.Name;

    // The floor is no rival: a dashed line of no colour.
    private string StyleOf(string subject) =>
        subject == LabFloor.Name ? "floor" : $"s{Array.IndexOf(_subjects, subject) % Colours}";

    private static string DifferenceOf(LabSetting setting)
    {
        string text = (setting with { Clients = 1, Idle = 0, ScheduledPerSecond = null }).ToString();
        return text == "1 client" ? "undisturbed" : text["1 client, ".Length..];
    }

    // 1 for the minimum, 10 for p90, 100 for p99: one latency in so many is longer.
    private static double Beyond(double percent) => 100 / (100 - percent);

    private static string PercentOf(double beyond) =>
        (100 - (100 / beyond)).ToString("0.#####", CultureInfo.InvariantCulture) + " %";

    private static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Short(double value) => value < 1000
        ? value.ToString("0.##", CultureInfo.InvariantCulture)
        : (value / 1000).ToString("#,0.#", CultureInfo.InvariantCulture) + " k";
}
