using System.Globalization;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Processes;

namespace Hawser.App.Lab;

/// <summary>Reasons to distrust the figures.</summary>
internal static class LabWarnings
{
    // Above this, other programs were busy before the lab began.
    private const double CalmLoad = 0.5;
    private const double ShortSeconds = 2;
    private const double WideRange = 0.15;
    private const int FewRoundTrips = 10_000;

    /// <summary>Rounds for figures to rely on: with nine, one outlier at each end does not widen an
    /// interval.</summary>
    public const int AdvisedRounds = 9;

    /// <summary>The warnings known before the first measurement.</summary>
    public static IEnumerable<string> Before(LabOptions options, LabMachine machine, CpuPinning pinning)
    {
        if (options.Duration.TotalSeconds < ShortSeconds && options.Settings.Any(setting => !setting.Burst))
        {
            yield return Text($"measurements of {options.Duration.TotalSeconds:0.###} s are short: ")
                + "they miss or overweight rare stalls; use --duration 3s or more";
        }
        if (options.Rounds < LabVerdict.FewestRounds && options.UntilWidth is null)
        {
            yield return Text($"too few rounds ({options.Rounds}) to tell a difference from chance; use --rounds ")
                + Text($"{AdvisedRounds} or more");
        }
        else if (options.Rounds < AdvisedRounds && options.UntilWidth is null)
        {
            yield return Text($"few rounds ({options.Rounds}): a single disturbed round can hide a difference; ")
                + Text($"use --rounds {AdvisedRounds} or more");
        }
        foreach (string leftOut in options.LeftOut)
            yield return leftOut;
        if (machine.LoadAverage is > CalmLoad and var load)
            yield return Text($"busy machine: the load average was {load:0.0} at the start");
        if (pinning.ServerCores is null && options.Subjects.Any(subject => subject.Model is not null))
            yield return $"server and load share cores (CPU pinning: {pinning.Words})";
        if (options.Subjects.Any(subject => subject.Address is not null))
        {
            yield return "programs given with --against are not pinned and not restarted; "
                + "the lab's own servers start anew for every measurement";
        }
    }

    /// <summary>The warnings from the figures of one variant.</summary>
    public static IEnumerable<string> Of(LabSummary summary, IEnumerable<LabMeasurement> measurements)
    {
        LabMeasurement[] own = [.. measurements.Where(measurement => measurement.Variant == summary.Variant)];
        LabLoadFigures[] figures = [.. summary.ByRound.Values.Select(figure => figure.Load).OfType<LabLoadFigures>()];
        string name = $"{summary.Variant}";
        if (own.FirstOrDefault(measurement => measurement.Error is not null) is { } failed)
            yield return Text($"{name}: {summary.Failed} of {own.Length} measurements failed, first: {failed.Error}");
        if (own.LastOrDefault(measurement => measurement.Spoiled is not null) is { } spoiled && summary.Spoiled > 0)
        {
            yield return Text($"{name}: {summary.Spoiled} of {summary.Rounds} rounds were spoiled in every attempt ")
                + Text($"and count nevertheless, last: {spoiled.Spoiled}");
        }
        if (summary.WithoutAgents is { Count: > 0 } without)
            yield return Text($"{name}: {LostAgentsOf(without, Text($"{summary.Rounds} rounds"))}");
        if (summary.Variant.Setting.Burst)
            yield break;
        bool isClosedLoop = summary.Variant.Setting.ScheduledPerSecond is null;
        if (isClosedLoop && summary.Throughput is { RelativeRange: > WideRange and var range })
            yield return Text($"{name}: throughput varies between rounds by {range * 100:0} % of the median");
        if (figures.Any(figure => figure.LoadWasLimit))
            yield return $"{name}: the load was at its limit; the server may be faster than shown";
        if (figures.Any(figure => figure.SlowestClientRoundTrips == 0))
            yield return $"{name}: some clients received no answer; latency covers the others only";
        else if (summary.LeavesOut && summary["unanswered_share"] is { } share)
        {
            yield return Text($"{name}: up to {share.Max * 100:0} % of the pings unanswered; ")
                + "latency covers the others only";
        }
        if (figures.Length > 0 && figures.Min(figure => figure.RoundTrips) is < FewRoundTrips and var fewest)
        {
            yield return Text($"{name}: only {fewest:#,0} {(fewest == 1 ? "round trip" : "round trips")} in a round; ")
                + Text($"p99.9 rests on {fewest / 1000} of them");
        }
    }

    /// <summary>The agents that were lost, the share of the clients that is missing, and the last reason of
    /// each.</summary>
    /// <param name="without">The figures without them, at least one.</param>
    /// <param name="all">Among which figures, such as <c>9 rounds</c>.</param>
    public static string LostAgentsOf(IReadOnlyCollection<LabLoadFigures> without, string all) =>
        Text($"agents were lost in {without.Count} of {all}, and up to {without.Max(load => load.LostShare) * 100:0} % ")
        + "of the clients with them: " + string.Join("; ", without.SelectMany(load => load.LostAgents!)
            .GroupBy(lost => lost.Name).Select(losses => Text($"{losses.Last()} ({losses.Count()} of {without.Count})")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
