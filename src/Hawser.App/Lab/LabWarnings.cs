using System.Globalization;

namespace Hawser.App.Lab;

/// <summary>What is wrong with figures before anybody believes them.</summary>
internal static class LabWarnings
{
    // Above this somebody else was at work before the lab had begun.
    private const double CalmLoad = 0.5;
    private const double ShortSeconds = 2;
    private const double WideRange = 0.15;
    private const int FewRoundTrips = 10_000;

    /// <summary>The warnings that are known before anything is measured.</summary>
    public static IEnumerable<string> Before(LabOptions options, LabMachine machine, CpuPinning pinning)
    {
        if (options.Duration.TotalSeconds < ShortSeconds)
        {
            yield return Text($"measurements of {options.Duration.TotalSeconds:0.###} s are short: ")
                + "rare stalls are missed or weigh too much; use --duration 3s or more";
        }
        if (options.Rounds < LabVerdict.FewestRounds)
        {
            yield return Text($"with {options.Rounds} rounds chance and difference cannot be told apart; use --rounds ")
                + Text($"{LabVerdict.FewestRounds} or more");
        }
        if (machine.LoadAverage is > CalmLoad and var load)
            yield return Text($"the machine was not at rest: its load average was {load:0.0} at the start");
        if (pinning.ServerCores is null && options.Subjects.Any(subject => subject.Model is not null))
            yield return $"server and load take each other's cores; pinned was {pinning.Words}";
        if (options.Subjects.Any(subject => subject.Address is not null))
        {
            yield return "programs joined with --against are not pinned, and are as warm as they are: "
                + "servers of our own start anew for every measurement";
        }
    }

    /// <summary>The warnings that one variant's figures give.</summary>
    public static IEnumerable<string> Of(LabSummary summary, IEnumerable<LabMeasurement> measurements)
    {
        LabMeasurement[] own = [.. measurements.Where(measurement => measurement.Variant == summary.Variant)];
        LabFigures[] figures = [.. own.Where(measurement => measurement.Error is null)
            .Select(measurement => measurement.Figures!)];
        string name = $"{summary.Variant}";
        if (own.FirstOrDefault(measurement => measurement.Error is not null) is { } failed)
            yield return Text($"{name}: {summary.Failed} of {own.Length} measurements failed, first: {failed.Error}");
        bool isClosedLoop = summary.Variant.Setting.ScheduledPerSecond is null;
        if (isClosedLoop && summary.Throughput is { RelativeRange: > WideRange and var range })
            yield return Text($"{name}: rounds lie {range * 100:0} % of the median apart in throughput");
        if (figures.Any(figure => figure.LoadWasLimit))
            yield return $"{name}: the load client was at its limit, the server may be faster than its figures";
        if (figures.Any(figure => figure.SlowestClientRoundTrips == 0))
            yield return $"{name}: some clients got no answer at all, and latency is of the others";
        else if (summary.LeavesOut && summary["unanswered_share"] is { } share)
        {
            yield return Text($"{name}: up to {share.Max * 100:0} % of the pings got no answer, ")
                + "latency is of the others";
        }
        if (figures.Length > 0 && figures.Min(figure => figure.RoundTrips) is < FewRoundTrips and var fewest)
        {
            yield return Text($"{name}: as few as {fewest:#,0} round trips a round, ")
                + Text($"p99.9 rests on {fewest / 1000} of them");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
