using System.Globalization;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Processes;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Trials;

/// <summary>Runs a lab and keeps the results so far.</summary>
/// <param name="options">What to measure.</param>
/// <param name="pinning">The cores of server and load.</param>
/// <param name="time">The clock.</param>
/// <param name="measure">Measures a variant; null for server and load in processes of their own.</param>
internal sealed class LabRun(
    LabOptions options, CpuPinning pinning, TimeProvider time,
    Func<LabVariant, CancellationToken, Task<(LoadReport Report, LabConditions? Conditions)>>? measure = null)
{
    /// <summary>A spoiled measurement is repeated until it has been taken this often.</summary>
    public const int MostAttempts = 3;

    private readonly LabMachine _machine = LabMachine.Look(pinning);
    private readonly LabLooks? _looks = options.UntilWidth is null ? null : new LabLooks(options.Rounds);
    private readonly DateTimeOffset _begun = time.GetUtcNow();
    private readonly long _beginning = time.GetTimestamp();
    private readonly List<LabMeasurement> _measurements = [];
    private readonly Dictionary<LabVariant, LatencyHistogram> _latencies = [];
    private int _taken;
    private int _repeats;
    private bool _isComplete;

    // On a machine that is never quiet, repeats take about a fifth more time.
    private bool MayRepeat => _repeats < MostAttempts + (_taken / 5);

    /// <summary>The warnings known before the first measurement.</summary>
    public IEnumerable<string> WarningsBefore => LabWarnings.Before(options, _machine, pinning);

    /// <summary>The results so far.</summary>
    public LabResult Result
    {
        get
        {
            LabSummary[] summaries =
            [
                .. LabPlan.Variants(options).Select(variant => LabSummary.Of(
                    variant, _measurements, _latencies.GetValueOrDefault(variant), _looks)),
            ];
            IReadOnlyList<LabVerdict> verdicts = LabVerdict.Of(summaries, _looks);
            double widest = WidestOf(summaries, verdicts);
            return new LabResult
            {
                Command = $"hawser lab {options.Command}",
                Goals = options.Goals,
                Begun = _begun,
                IsComplete = _isComplete,
                Machine = _machine,
                Seed = options.Seed,
                Rounds = Math.Max(options.Rounds, _measurements is [.., var last] ? last.Round : 0),
                UntilWidth = options.UntilWidth,
                WidestInterval = double.IsFinite(widest) ? widest : null,
                SpoiledAt = options.SpoiledAt,
                SecondsPerMeasurement = options.Duration.TotalSeconds,
                WarmUpSeconds = options.WarmUp.TotalSeconds,
                Warnings =
                [
                    .. WarningsBefore,
                    .. _isComplete && widest > options.UntilWidth ? TooWide(widest) : [],
                    .. summaries.SelectMany(summary => LabWarnings.Of(summary, _measurements)),
                ],
                Summaries = summaries,
                Verdicts = verdicts,
                Measurements = [.. _measurements],
            };
        }
    }

    /// <summary>Measures everything, round by round. A failed measurement is recorded with its reason; a spoiled one is
    /// recorded and repeated.</summary>
    /// <param name="onMeasured">Called after each measurement.</param>
    /// <param name="cancel">Ends the run and discards the current measurement.</param>
    public async Task RunAsync(Action<LabMeasurement> onMeasured, CancellationToken cancel)
    {
        int round = 0;
        foreach (IReadOnlyList<IReadOnlyList<LabVariant>> order in LabPlan.Rounds(options))
        {
            round++;
            foreach ((int index, IReadOnlyList<LabVariant> together) in order.Index())
                await MeasureRoundAsync(round, index + 1, together, index == order.Count - 1, onMeasured, cancel);
            if (_isComplete)
                return;
        }
    }

    /// <summary>A measurement as one line of text.</summary>
    public static string TextOf(LabMeasurement measured) => measured.Error is { } error
        ? $"{measured.Variant}: FAILED: {error}"
        : string.Create(CultureInfo.InvariantCulture, $"{measured.Variant}: ")
            + string.Join("  ", LabMetric.JudgedUnder(measured.Variant.Setting)
                .Select(metric => metric.Of(measured.Figures!)
                    is { } value ? $"{metric.Title} {metric.Format(value)}" : null)
                .OfType<string>())
            + (measured.Figures!.Load?.LostAgents is [var lost, ..] ? $"; LOST: {lost}" : "")
            + (measured.Spoiled is { } spoiled ? $"; SPOILED: {spoiled}" : "");

    private async Task MeasureRoundAsync(
        int round, int place, IReadOnlyList<LabVariant> together, bool isLast, Action<LabMeasurement> onMeasured,
        CancellationToken cancel)
    {
        var attempts = new List<(LabMeasurement Measured, LatencyHistogram? Latency)[]>();
        bool isRepeated;
        do
        {
            attempts.Add(await MeasureAsync(round, place, together, cancel));
            LabMeasurement[] measured = [.. attempts[^1].Select(attempt => attempt.Measured)];
            _measurements.AddRange(measured);
            _taken++;
            isRepeated = measured.Any(one => one.Spoiled is not null) && attempts.Count < MostAttempts && MayRepeat;
            if (isRepeated)
            {
                _repeats++;
            }
            else
            {
                foreach ((int index, LabVariant variant) in together.Index())
                    Keep(variant, [.. attempts.Select(attempt => attempt[index])]);
            }
            _isComplete = isLast && !isRepeated && IsEnough(round);
            foreach (LabMeasurement one in measured)
                onMeasured(one);
        }
        while (isRepeated);
    }

    private void Keep(LabVariant variant, (LabMeasurement Measured, LatencyHistogram? Latency)[] attempts)
    {
        if (LabMeasurement.Counted(attempts.Select(attempt => attempt.Measured)).SingleOrDefault() is not { } counted)
            return;
        if (!_latencies.TryGetValue(variant, out LatencyHistogram? latency))
            _latencies[variant] = latency = new LatencyHistogram();
        latency.Add(attempts.First(attempt => ReferenceEquals(attempt.Measured, counted)).Latency!);
    }

    private async Task<(LabMeasurement Measured, LatencyHistogram? Latency)[]> MeasureAsync(
        int round, int place, IReadOnlyList<LabVariant> together, CancellationToken cancel)
    {
        await using var watch = new MachineWatch();
        var start = new LabStart(together);
        (LoadReport? Report, LabConditions? Conditions, string? Error)[] found =
            await Task.WhenAll(together.Select(variant => TryAsync(variant, start, cancel)));
        LabConditions? watched = await watch.EndAsync();
        // They share the cores of the load.
        bool loadIsLimit = found.Sum(one => one.Report?.Figures.Load?.LoadCpuShare ?? 0) > PingLoadReport.BusyShare;
        LabConditions?[] conditions = [.. found.Select(one => measure is null ? watched : one.Conditions)];
        double? highest = _measurements.Max(measured => measured.Conditions?.Mhz);
        bool isAlone = together.All(variant => variant.Subject.Address is null) && options.Agents is null;
        string? spoiled = conditions.Select(one => one?.FindFault(options.SpoiledAt, highest, isAlone))
            .FirstOrDefault(fault => fault is not null);
        return [.. together.Index().Select(one => Of(one.Item, found[one.Index], conditions[one.Index]))];

        (LabMeasurement, LatencyHistogram?) Of(
            LabVariant variant, (LoadReport? Report, LabConditions?, string? Error) one, LabConditions? meanwhile) =>
            one.Report is { } report
                ? (new LabMeasurement(round, place, variant, report.Figures.WithLimit(loadIsLimit), null)
                {
                    Conditions = meanwhile,
                    Spoiled = spoiled,
                }, report.Latency)
                : (new LabMeasurement(round, place, variant, null, one.Error), null);
    }

    private async Task<(LoadReport? Report, LabConditions? Conditions, string? Error)> TryAsync(
        LabVariant variant, LabStart start, CancellationToken cancel)
    {
        try
        {
            if (measure is not null)
            {
                (LoadReport report, LabConditions? conditions) = await measure(variant, cancel);
                return (report, conditions, null);
            }
            return (options.Tasks.Find(variant) is { } task
                ? await TaskTrial.RunAsync(task, options.Folder, cancel)
                : await LabTrial.RunAsync(variant, options, pinning, start, cancel), null, null);
        }
        catch (Exception e) when (e is LabException or IOException)
        {
            // A cancelled measurement is not a failed one.
            cancel.ThrowIfCancellationRequested();
            return (null, null, Printable.Line(e.Message));
        }
        finally
        {
            start.Leave(variant);
        }
    }

    private bool IsEnough(int round)
    {
        if (options.UntilWidth is not { } width)
            return round == options.Rounds;
        if (_looks!.IsLook(round) && Result.WidestInterval <= width)
            return true;
        TimeSpan elapsed = time.GetElapsedTime(_beginning);
        return round >= options.Rounds && elapsed + (elapsed / round) > options.TimeLimit;
    }

    // Of the ratios, or of the figures where there is nothing to compare; 0 without any.
    private static double WidestOf(IReadOnlyList<LabSummary> summaries, IReadOnlyList<LabVerdict> verdicts)
    {
        double[] ratios =
        [
            .. verdicts.Where(verdict => verdict.Metric == LabMetric.MainOf(verdict.Setting).Name)
                .Where(verdict => verdict.Words != LabVerdict.NotComparable)
                .Select(verdict => verdict.Ratio.RelativeWidth),
        ];
        return ratios.Length > 0
            ? ratios.Max()
            : summaries.Select(summary => summary[LabMetric.MainOf(summary.Variant.Setting).Name]?.RelativeWidth ?? 0)
                .DefaultIfEmpty(0).Max();
    }

    private IEnumerable<string> TooWide(double widest)
    {
        string reached = double.IsFinite(widest) ? Text($"{widest * 100:0.#} %") : "not known yet";
        yield return $"the time limit of {Quantity.FormatDuration(options.TimeLimit)} was reached: the widest interval "
            + $"is {reached}, wanted was {Text($"{options.UntilWidth * 100:0.#} %")}";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
