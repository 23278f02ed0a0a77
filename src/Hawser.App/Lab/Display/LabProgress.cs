namespace Hawser.App.Lab.Display;

/// <summary>How far a lab is and how long it still takes.</summary>
/// <param name="options">What is measured.</param>
/// <param name="ownStart">The time that this program took to start: each measurement starts it twice.</param>
internal sealed class LabProgress(LabOptions options, TimeSpan ownStart)
{
    // Two starts, the first code they run, and two ends: measured on two cores, idle and overloaded.
    private const double StartsPerMeasurement = 4;

    private readonly IReadOnlyList<LabVariant> _variants = LabPlan.Variants(options);
    private readonly HashSet<(int Round, LabVariant Variant)> _seen = [];
    private TimeSpan _plannedDone;
    private TimeSpan _elapsed;
    private LabMeasurement? _last;

    /// <summary>Measurements done, repeats included.</summary>
    public int Done { get; private set; }

    /// <summary>Measurements in all, as far as known: repeats and rounds beyond the first look come on top.</summary>
    public int Total => _variants.Count * Rounds + Repeats;

    /// <summary>Rounds in all, as far as known.</summary>
    public int Rounds => Math.Max(options.Rounds, _last?.Round ?? 0);

    /// <summary>The time that all of it takes, before anything is measured.</summary>
    public TimeSpan Estimate => Planned(Rounds) + (_variants.Count * Rounds * StartAndEnd);

    private TimeSpan StartAndEnd => StartsPerMeasurement * ownStart;

    private int Repeats { get; set; }

    /// <summary>Counts a measurement.</summary>
    /// <param name="measured">The measurement.</param>
    /// <param name="elapsed">Since the first began.</param>
    public void Add(LabMeasurement measured, TimeSpan elapsed)
    {
        _elapsed = elapsed;
        Done++;
        if (_seen.Add((measured.Round, measured.Variant)))
            _plannedDone += PlannedFor(measured.Variant);
        else
            Repeats++;
        _last = measured;
    }

    /// <summary>The time left: as planned, and for each measurement what those so far took on top.</summary>
    /// <param name="elapsed">Since the first began.</param>
    public TimeSpan Left(TimeSpan elapsed)
    {
        TimeSpan extra = Done == 0 ? StartAndEnd : (_elapsed - _plannedDone) / Done;
        TimeSpan left = Planned(Rounds) - _plannedDone + ((Total - Done) * extra) - (elapsed - _elapsed);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    private TimeSpan Planned(int rounds) =>
        rounds * _variants.Aggregate(TimeSpan.Zero, (sum, variant) => sum + PlannedFor(variant));

    private TimeSpan PlannedFor(LabVariant variant)
    {
        if (options.Tasks.Find(variant) is { } task)
            return task.Expected;
        TimeSpan load = variant.Setting.Ramp + (variant.Setting.Burst ? default : options.WarmUp) + options.Duration;
        return variant.Setting.Together
            ? load / _variants.Count(other => other.Setting == variant.Setting)
            : load;
    }
}
