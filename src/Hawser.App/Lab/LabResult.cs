namespace Hawser.App.Lab;

/// <summary>The results of a lab, as in results.json.</summary>
internal sealed record LabResult
{
    /// <summary>The version of the schema, <c>lab/results.schema.json</c>.</summary>
    public string Schema { get; init; } = "hawser-lab/1";

    /// <summary>The command line that repeats the lab.</summary>
    public required string Command { get; init; }

    /// <summary>When the lab began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>All rounds have ended.</summary>
    public required bool IsComplete { get; init; }

    public required LabMachine Machine { get; init; }

    /// <summary>Seeds the order of the variants.</summary>
    public required int Seed { get; init; }

    /// <summary>Rounds requested.</summary>
    public required int Rounds { get; init; }

    public required double SecondsPerMeasurement { get; init; }

    public required double WarmUpSeconds { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<LabSummary> Summaries { get; init; }

    public required IReadOnlyList<LabVerdict> Verdicts { get; init; }

    public required IReadOnlyList<LabMeasurement> Measurements { get; init; }

    /// <summary>The settings, in their given order.</summary>
    internal IEnumerable<LabSetting> Settings => Summaries.Select(summary => summary.Variant.Setting).Distinct();
}
