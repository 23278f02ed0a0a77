using Hawser.App.Lab.Trials;
using Hawser.App.Output;
using Hawser.Services.Text;
using Spectre.Console;

namespace Hawser.App.Lab.Display;

/// <summary>A lab on a terminal while it runs: a row per variant, on the standard error.</summary>
internal static class LabLiveTable
{
    // More rows would scroll: only the latest ones are shown.
    private const int MostRows = 20;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Runs a lab and draws it, once a second.</summary>
    /// <param name="run">The lab.</param>
    /// <param name="progress">Of the lab; counted by <paramref name="onMeasured"/>.</param>
    /// <param name="onMeasured">Called after each measurement.</param>
    /// <param name="elapsed">The time since it began.</param>
    /// <param name="cancel">Ends it.</param>
    public static Task RunAsync(
        LabRun run, LabProgress progress, Action<LabMeasurement> onMeasured, Func<TimeSpan> elapsed,
        CancellationToken cancel)
    {
        return Terminal.Errors.Live(new Text("")).AutoClear(true).StartAsync(async context =>
        {
            var recent = new List<LabVariant>();
            LabResult result = run.Result;
            Task measuring = run.RunAsync(Show, cancel);
            while (!measuring.IsCompleted)
            {
                lock (recent)
                    context.UpdateTarget(Draw(result, recent, Caption()));
                await Task.WhenAny(measuring, Task.Delay(Period, CancellationToken.None));
            }
            await measuring;

            void Show(LabMeasurement measured)
            {
                onMeasured(measured);
                lock (recent)
                {
                    result = run.Result;
                    recent.Remove(measured.Variant);
                    recent.Add(measured.Variant);
                }
            }

            string Caption() => $"{progress.Done} of {progress.Total} measurements, about "
                + $"{DurationText(progress.Left(elapsed()))} left";
        });
    }

    /// <summary>The table.</summary>
    internal static Table Draw(LabResult result, IReadOnlyCollection<LabVariant> recent, string caption)
    {
        LabMetric[] metrics = result.Settings.Any(setting => setting is { Task: null, Burst: false })
            ? [LabMetric.Get("round_trips_per_second"), LabMetric.Get("latency_p99_ns")]
            : [.. result.Settings.Take(1).SelectMany(LabMetric.JudgedUnder).Take(2)];
        Table table = new Table().RoundedBorder().Caption(caption).AddColumn("variant");
        foreach (string title in (string[])["round", .. metrics.Select(metric => metric.Title), ""])
            table.AddColumn(new TableColumn(title) { Alignment = title.Length > 0 ? Justify.Right : Justify.Left });
        foreach (LabSummary summary in result.Summaries
            .Where(summary => recent.TakeLast(MostRows).Contains(summary.Variant)))
        {
            table.AddRow([
                new Text($"{summary.Variant}"), new Text($"{summary.Rounds} of {result.Rounds}"),
                .. metrics.Select(metric => new Text(Figure(metric))),
                new Text(summary.Failed > 0 ? $"{summary.Failed} failed"
                    : summary.Spoiled > 0 ? $"{summary.Spoiled} spoiled" : "")]);

            string Figure(LabMetric metric) =>
                summary[metric.Name] is { } spread ? metric.Format(spread.Median) : "–";
        }
        return table;
    }

    // A countdown in whole units: its digits would otherwise dance.
    private static string DurationText(TimeSpan left) => left.TotalMinutes >= 2
        ? Quantity.FormatCount((long)Math.Round(left.TotalMinutes), "minute")
        : Quantity.FormatCount((long)Math.Round(left.TotalSeconds), "second");
}
