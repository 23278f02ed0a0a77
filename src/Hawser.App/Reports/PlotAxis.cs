using Hawser.Services.Text;

namespace Hawser.App.Reports;

/// <summary>One axis of a plot: label, range, scale and number format.</summary>
internal sealed record PlotAxis(string Label, double Min, double Max, bool IsLogarithmic, Func<double, string> Format)
{
    /// <summary>The position of a value, clamped to 0 (start) to 1 (end).</summary>
    public double Place(double value)
    {
        double place = IsLogarithmic
            ? (Math.Log(Math.Max(value, Min)) - Math.Log(Min)) / (Math.Log(Max) - Math.Log(Min))
            : (value - Min) / (Max - Min);
        return Math.Clamp(place, 0, 1);
    }

    /// <summary>A logarithmic axis of durations that holds both values, at least an eighth of an octave wide.</summary>
    public static PlotAxis OfDurations(string label, double minNs, double maxNs)
    {
        double min = Math.Max(1, minNs) * 0.94;
        double max = Math.Max(min * 1.2, maxNs * 1.06);
        return new PlotAxis(label, min, max, IsLogarithmic: true, DurationText.Short);
    }

    /// <summary>The values to mark: some of each decade, fewer for more decades; on a linear axis, even
    /// steps.</summary>
    public IReadOnlyList<double> Ticks()
    {
        if (!IsLogarithmic || Max / Min < 4)
            return EvenTicks();
        var ticks = new List<double>();
        double[] digits = Max / Min > 5000 ? [1] : Max / Min > 12 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
        for (double decade = Math.Pow(10, Math.Floor(Math.Log10(Min))); decade <= Max; decade *= 10)
        {
            foreach (double digit in digits)
            {
                if (decade * digit >= Min && decade * digit <= Max)
                    ticks.Add(decade * digit);
            }
        }

        return ticks;
    }

    private List<double> EvenTicks()
    {
        double rough = (Max - Min) / 5;
        double decade = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = decade * (rough / decade < 1.5 ? 1 : rough / decade < 3.5 ? 2 : rough / decade < 7.5 ? 5 : 10);
        var ticks = new List<double>();
        for (double tick = Math.Ceiling(Min / step); tick * step <= Max; tick++)
            ticks.Add(tick * step);
        return ticks;
    }
}
