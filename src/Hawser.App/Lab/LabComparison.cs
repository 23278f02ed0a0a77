using Hawser.App.Lab.Conditions;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary>What changed between two results of the same variants on the same machine.</summary>
/// <remarks>
/// The rounds of two runs are not pairs, so the figures are compared by <see cref="RankSum"/>. All rows hold at once
/// with 0.95 (Bonferroni): if nothing changed, one run in twenty reports any difference. What differs between any two
/// runs, like the neighbours on a shared host, is part of the change that is seen. A control, a subject that did not
/// change, takes out what affects both: each figure is divided by the control's of the same round.
/// </remarks>
internal sealed record LabComparison
{
    /// <summary>The name of the scenario; empty if single results are compared.</summary>
    public required string Scenario { get; init; }

    /// <summary>The file of the old results.</summary>
    public required string Old { get; init; }

    /// <summary>The file of the new results.</summary>
    public required string New { get; init; }

    /// <summary>The subject that figures are divided by; null for none.</summary>
    public string? Control { get; init; }

    /// <summary>The probability that all intervals hold.</summary>
    public double Confidence { get; init; } = LabStatistics.Confidence;

    public required IReadOnlyList<LabChange> Changes { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Why two results cannot be compared; null if they can.</summary>
    public static string? WhyNot(LabResultFile before, LabResultFile after)
    {
        try
        {
            Of(before, after, control: null);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>Compares two results.</summary>
    /// <param name="before">The old results.</param>
    /// <param name="after">The new results.</param>
    /// <param name="control">The name of a subject to divide by; null for none.</param>
    /// <exception cref="FormatException">They cannot be compared; the message says why.</exception>
    public static LabComparison Of(LabResultFile before, LabResultFile after, string? control)
    {
        RequireSameConditions(before, after);
        LabSummary[] old = [.. SummariesOf(before.Result)];
        LabSummary[] young = [.. SummariesOf(after.Result)];
        foreach ((LabResultFile file, LabSummary[] summaries) in ((LabResultFile, LabSummary[])[])
            [(before, old), (after, young)])
        {
            if (control is not null && summaries.All(summary => summary.Variant.Subject.Name != control))
                throw new FormatException($"--control: {file.Path} has no subject '{control}'");
        }
        var pairs =
            (from a in old
             from b in young
             where a.Variant.Setting == b.Variant.Setting && a.Variant.Subject.Name == b.Variant.Subject.Name
             where a.Variant.Subject.Name != control
             from metric in LabMetric.JudgedUnder(a.Variant.Setting)
             let values = (Old: Values(old, a, metric, control), New: Values(young, b, metric, control))
             where values.Old.Length > 0 && values.New.Length > 0
             select (a, b, metric, values)).ToArray();
        if (pairs.Length == 0)
            throw new FormatException($"{before.Path} and {after.Path} have no variant with figures in common");
        return new LabComparison
        {
            Scenario = before.Name,
            Old = before.Path,
            New = after.Path,
            Control = control,
            Changes = [.. pairs.Select(pair => Change(pair.a, pair.b, pair.metric, pair.values, pairs.Length))],
            Warnings = [.. WarningsOf(before, after, old, young)],
        };
    }

    private static LabChange Change(
        LabSummary old, LabSummary young, LabMetric metric, (double[] Old, double[] New) values, int rows)
    {
        bool isComparable = !metric.IsOfAnswers || !(old.LeavesOut || young.LeavesOut);
        (double Ratio, double Low, double High)? interval =
            RankSum.Interval(values.Old, values.New, (1 - LabStatistics.Confidence) / rows);
        LabOutcome outcome = !isComparable ? LabOutcome.NotComparable
            : interval is not { } ratio ? LabOutcome.TooFewRounds
            : ratio.Low <= 1 && ratio.High >= 1 ? LabOutcome.NoDifference
            : ratio.Low > 1 == metric.MoreIsBetter ? LabOutcome.Better
            : LabOutcome.Worse;
        return new LabChange(
            $"{old.Variant.Setting}", old.Variant.Subject.Name, metric.Name, Median(values.Old), Median(values.New),
            interval?.Ratio, interval?.Low, interval?.High, outcome);

        static double Median(double[] values) => LabStatistics.MedianOf([.. values.Order()]);
    }

    private static double[] Values(LabSummary[] all, LabSummary summary, LabMetric metric, string? control)
    {
        IReadOnlyDictionary<int, LabFigures>? divisors = control is null ? null
            : all.FirstOrDefault(other => other.Variant.Subject.Name == control
                && other.Variant.Setting == summary.Variant.Setting)?.ByRound ?? new Dictionary<int, LabFigures>();
        return
        [
            .. from figures in summary.ByRound
               let value = metric.Of(figures.Value)
               let divisor = divisors is null ? 1
                   : divisors.TryGetValue(figures.Key, out LabFigures? other) ? metric.Of(other) : null
               where value > 0 && divisor > 0
               select value.Value / divisor.Value,
        ];
    }

    private static IEnumerable<LabSummary> SummariesOf(LabResult result) =>
        result.Summaries.Select(summary => LabSummary.Of(summary.Variant, result.Measurements, latency: null));

    private static void RequireSameConditions(LabResultFile before, LabResultFile after)
    {
        (LabResult old, LabResult young) = (before.Result, after.Result);
        Require("the machine", $"{old.Machine.Cpu}, {old.Machine.Cores} cores",
            $"{young.Machine.Cpu}, {young.Machine.Cores} cores");
        Require("the CPU pinning", old.Machine.Pinned, young.Machine.Pinned);
        Require("the seconds of a measurement", $"{old.SecondsPerMeasurement}", $"{young.SecondsPerMeasurement}");
        Require("the seconds of warm-up", $"{old.WarmUpSeconds}", $"{young.WarmUpSeconds}");

        void Require(string what, string first, string second)
        {
            if (first != second)
                throw new FormatException(
                    $"cannot compare: {what} differs: '{first}' in {before.Path}, '{second}' in {after.Path}");
        }
    }

    private static IEnumerable<string> WarningsOf(
        LabResultFile before, LabResultFile after, LabSummary[] old, LabSummary[] young)
    {
        foreach ((LabResultFile file, LabSummary[] own, LabSummary[] others) in
            ((LabResultFile, LabSummary[], LabSummary[])[])[(before, old, young), (after, young, old)])
        {
            string[] alone = [.. own.Select(Key).Except(others.Select(Key))];
            if (alone.Length > 0)
                yield return $"only in {file.Path}, not compared: {string.Join("; ", alone)}";
            if (!file.Result.IsComplete)
                yield return $"{file.Path} is not complete";
            int spoiled = own.Sum(summary => summary.Spoiled);
            if (spoiled > 0)
                yield return $"{file.Path} counts {spoiled} measurements that were spoiled in every attempt";
            LabLoadFigures[] without = [.. own.SelectMany(summary => summary.WithoutAgents)];
            if (without.Length > 0)
            {
                string all = Quantity.FormatCount(own.Sum(summary => summary.Rounds), "measurement");
                yield return $"{file.Path}: {LabWarnings.LostAgentsOf(without, all)}";
            }
        }
        (LabMachine was, LabMachine now) = (before.Result.Machine, after.Result.Machine);
        if (was.OperatingSystem != now.OperatingSystem)
            yield return $"the operating system was '{was.OperatingSystem}' and is '{now.OperatingSystem}'";
        if (was.Dotnet != now.Dotnet)
            yield return $".NET was {was.Dotnet} and is {now.Dotnet}";

        static string Key(LabSummary summary) => $"{summary.Variant}";
    }
}
