using System.Globalization;
using Hawser.Services.Measuring;

namespace Hawser.App.Lab;

/// <summary>Runs a lab and keeps the results so far.</summary>
/// <param name="options">What to measure.</param>
/// <param name="pinning">The cores of server and load.</param>
/// <param name="time">The wall clock.</param>
internal sealed class LabRun(LabOptions options, CpuPinning pinning, TimeProvider time)
{
    private readonly LabMachine _machine = LabMachine.Look(pinning);
    private readonly DateTimeOffset _begun = time.GetUtcNow();
    private readonly List<LabMeasurement> _measurements = [];
    private readonly Dictionary<LabVariant, LatencyHistogram> _latencies = [];
    private bool _isComplete;

    /// <summary>The warnings known before the first measurement.</summary>
    public IEnumerable<string> WarningsBefore => LabWarnings.Before(options, _machine, pinning);

    /// <summary>The results so far.</summary>
    public LabResult Result
    {
        get
        {
            LabSummary[] summaries =
            [
                .. LabPlan.Variants(options).Select(variant =>
                    LabSummary.Of(variant, _measurements, _latencies.GetValueOrDefault(variant))),
            ];
            return new LabResult
            {
                Command = $"hawser lab {options.Command}",
                Begun = _begun,
                IsComplete = _isComplete,
                Machine = _machine,
                Seed = options.Seed,
                Rounds = options.Rounds,
                SecondsPerMeasurement = options.Duration.TotalSeconds,
                WarmUpSeconds = options.WarmUp.TotalSeconds,
                Warnings =
                    [.. WarningsBefore, .. summaries.SelectMany(summary => LabWarnings.Of(summary, _measurements))],
                Summaries = summaries,
                Verdicts = LabVerdict.Of(summaries),
                Measurements = [.. _measurements],
            };
        }
    }

    /// <summary>Measures everything, round by round. A failed measurement is recorded with its reason.</summary>
    /// <param name="onMeasured">Called after each measurement.</param>
    /// <param name="cancel">Ends the run and discards the current measurement.</param>
    public async Task RunAsync(Action<LabMeasurement> onMeasured, CancellationToken cancel)
    {
        int round = 0;
        foreach (IReadOnlyList<LabVariant> order in LabPlan.Rounds(options))
        {
            round++;
            int place = 0;
            foreach (LabVariant variant in order)
            {
                LabMeasurement measured = await MeasureAsync(round, ++place, variant, cancel);
                _measurements.Add(measured);
                _isComplete = round == options.Rounds && place == order.Count;
                onMeasured(measured);
            }
        }
    }

    /// <summary>A measurement as one line of text.</summary>
    public static string TextOf(LabMeasurement measured) => measured.Error is { } error
        ? $"{measured.Variant}: FAILED: {error}"
        : string.Create(CultureInfo.InvariantCulture, $"{measured.Variant}: ")
            + string.Join("  ", LabMetric.All.Where(metric => metric.IsJudged)
                .Select(metric => metric.Of(measured.Figures!)
                    is { } value ? $"{metric.Title} {metric.Format(value)}" : null)
                .OfType<string>());

    private async Task<LabMeasurement> MeasureAsync(int round, int place, LabVariant variant, CancellationToken cancel)
    {
        try
        {
            LoadReport report = await LabTrial.RunAsync(variant, options, pinning, cancel);
            if (!_latencies.TryGetValue(variant, out LatencyHistogram? latency))
                _latencies[variant] = latency = new LatencyHistogram();
            latency.Add(report.Latency);
            return new LabMeasurement(round, place, variant, report.Figures, null);
        }
        catch (Exception e) when (e is LabException or IOException)
        {
            // A cancelled measurement is not a failed one.
            cancel.ThrowIfCancellationRequested();
            return new LabMeasurement(round, place, variant, null, e.Message.ReplaceLineEndings(" "));
        }
    }
}
