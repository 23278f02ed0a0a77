using System.Text.Json.Serialization;
using Hawser.App.Lab.Conditions;

namespace Hawser.App.Lab;

/// <summary>The results of a lab, as in results.json.</summary>
internal sealed record LabResult
{
    /// <summary>The version of the schema that this program writes.</summary>
    public const string CurrentSchema = "hawser-lab/3";

    /// <summary>The version of the schema, <c>lab/results.schema.json</c>.</summary>
    public string Schema { get; init; } = CurrentSchema;

    /// <summary>The command line that repeats the lab.</summary>
    public required string Command { get; init; }

    /// <summary>What its scenario should reach.</summary>
    public IReadOnlyList<LabGoal> Goals { get; init; } = [];

    /// <summary>When the lab began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>All rounds have ended.</summary>
    public required bool IsComplete { get; init; }

    public required LabMachine Machine { get; init; }

    /// <summary>Seeds the order of the variants.</summary>
    public required int Seed { get; init; }

    /// <summary>Rounds requested; with <see cref="UntilWidth"/>, those begun if they are more.</summary>
    public required int Rounds { get; init; }

    /// <summary>The width of intervals, as a share, that ends the lab; null for a fixed number of rounds.</summary>
    public double? UntilWidth { get; init; }

    /// <summary>The widest interval of the main metric so far, as a share; null before there is one.</summary>
    public double? WidestInterval { get; init; }

    /// <summary>Share of the machine's CPU time above which others spoil a measurement; null if none was
    /// judged.</summary>
    public double? SpoiledAt { get; init; }

    public required double SecondsPerMeasurement { get; init; }

    public required double WarmUpSeconds { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<LabSummary> Summaries { get; init; }

    public required IReadOnlyList<LabVerdict> Verdicts { get; init; }

    public required IReadOnlyList<LabMeasurement> Measurements { get; init; }

    /// <summary>The comparison with an earlier result, for the report; null for none.</summary>
    [JsonIgnore]
    public LabComparison? Baseline { get; init; }

    /// <summary>Measurements that others spoiled, repeated or not.</summary>
    internal int Spoiled => Measurements.Count(measured => measured.Spoiled is not null);

    /// <summary>Measurements repeated because they were spoiled.</summary>
    [JsonIgnore]
    internal int Repeated => Spoiled - Summaries.Sum(summary => summary.Spoiled);

    /// <summary>No verdict has enough rounds.</summary>
    internal bool HasTooFewRounds => Verdicts.All(verdict => verdict.Words == LabVerdict.TooFewRounds);

    /// <summary>The settings, in their given order.</summary>
    internal IEnumerable<LabSetting> Settings => Summaries.Select(summary => summary.Variant.Setting).Distinct();
}
