using System.Globalization;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.App.Reports;

/// <summary>The three plots of a client's exchanges.</summary>
internal static class ClockPlots
{
    /// <summary>Minimum to maximum delay as a band, the mean as a curve.</summary>
    public static string DelayOverTime(ClockStatistics statistics, bool isWide)
    {
        (long AtNs, TraceColumn Column)[] columns = [.. statistics.Trace.Columns()];
        double end = (columns[^1].AtNs + statistics.Trace.ColumnNs) / 1e9;
        var x = new PlotAxis(
            "time in seconds", 0, end, false, tick => tick.ToString("0.###", CultureInfo.InvariantCulture));
        PlotAxis y = PlotAxis.OfDurations(
            "delay", columns.Min(entry => entry.Column.MinNs), columns.Max(entry => entry.Column.MaxNs));
        var plot = new SvgPlot("Round-trip delay over time", x, y, isWide);
        double half = statistics.Trace.ColumnNs / 2e9;
        double AtOf((long AtNs, TraceColumn) entry) => (entry.AtNs / 1e9) + half;
        plot.Band([.. columns.Select(entry => (AtOf(entry), (double)entry.Column.MinNs, (double)entry.Column.MaxNs))]);
        plot.Curve(columns.Select(entry => (AtOf(entry), entry.Column.MeanNs)));
        return plot.Render();
    }

    /// <summary>The histogram of delay on a logarithmic axis, with the percentiles marked.</summary>
    public static string DelayHistogram(LatencyHistogram delay, bool isWide)
    {
        PlotAxis x = PlotAxis.OfDurations("delay", delay.MinNs, delay.MaxNs);
        double[] bins = Rebin(delay, x, new double[isWide ? 140 : 80]);
        double ratio = Math.Pow(x.Max / x.Min, 1.0 / bins.Length);
        var y = new PlotAxis(
            "exchanges", 0, bins.Max() * 1.08, false, tick => tick.ToString("N0", CultureInfo.InvariantCulture));
        var plot = new SvgPlot("Histogram of round-trip delay", x, y, isWide);
        for (int i = 0; i < bins.Length; i++)
        {
            double from = x.Min * Math.Pow(ratio, i);
            if (bins[i] > 0)
            {
                double to = from * ratio;
                string count = DurationText.Count((long)Math.Round(bins[i]));
                string tip = $"{DurationText.Of(from)} to {DurationText.Of(to)}: {count}";
                plot.Bar(from, to, bins[i], tip);
            }
        }

        int row = 0;
        ReadOnlySpan<(double Percent, string Name)> marked = [(50, "median"), (99, "p99"), (99.9, "p99.9")];
        foreach ((double percent, string name) in marked)
        {
            long ns = delay.PercentileNs(percent);
            plot.Mark(ns, $"{name} {DurationText.Of(ns)}", row++);
        }

        return plot.Render();
    }

    /// <summary>
    /// Offset against delay. The delay bounds the error of the offset, so that the dots lie in a wedge whose tip is the
    /// estimate (Mills, "Computer Network Time Synchronization", the wedge scattergram).
    /// </summary>
    public static string OffsetAgainstDelay(ClockStatistics statistics, OffsetEstimate estimate)
    {
        IReadOnlyList<OffsetPoint> points = statistics.Sample.Points;
        long[] delays = [.. points.Select(point => point.DelayNs).Order()];
        double tip = 2.0 * estimate.ErrorNs;
        double end = Math.Max(tip * 1.5, delays[(int)((delays.Length - 1) * 0.97)] * 1.15);
        double reach = Math.Max(10, (end - tip) / 2 * 1.1);
        var x = new PlotAxis("delay", 0, end, false, DurationText.Short);
        string label = $"offset, counted from {DurationText.Signed(estimate.Ns)}";
        var y = new PlotAxis(label, -reach, reach, false, tick => tick == 0 ? "0" : DurationText.Short(tick));
        var plot = new SvgPlot("Offset of the clocks against round-trip delay", x, y, isWide: false);
        foreach (OffsetPoint point in points.Where(point => point.DelayNs <= end))
            plot.Dot(point.DelayNs, point.OffsetNs - estimate.Ns, 1.8, "dot");
        plot.Curve([(end, (end - tip) / 2), (tip, 0), (end, (tip - end) / 2)], "wedge");
        plot.Dot(tip, 0, 4.5, "best");
        return plot.Render();
    }

    // A bucket that overlaps several bins is divided in proportion, so that bars do not depend on rounding.
    private static double[] Rebin(LatencyHistogram delay, PlotAxis axis, double[] bins)
    {
        foreach (HistogramBucket bucket in delay.Buckets())
        {
            double from = axis.Place(Math.Max(bucket.LowestNs, delay.MinNs)) * bins.Length;
            double to = axis.Place(Math.Min(bucket.HighestNs + 1, delay.MaxNs + 1)) * bins.Length;
            int last = Math.Min((int)to, bins.Length - 1);
            for (int i = Math.Min((int)from, last); i <= last; i++)
            {
                double share = to > from ? (Math.Min(to, i + 1) - Math.Max(from, i)) / (to - from) : 1;
                bins[i] += bucket.Count * Math.Max(0, share);
            }
        }

        return bins;
    }
}
