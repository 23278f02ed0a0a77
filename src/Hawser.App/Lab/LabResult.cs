namespace Hawser.App.Lab;

/// <summary>All that a lab found out; results.json is this.</summary>
internal sealed record LabResult
{
    /// <summary>The version of the JSON: <c>lab/results.schema.json</c>.</summary>
    public string Schema { get; init; } = "hawser-lab/1";

    /// <summary>What the lab was asked for, as on a command line.</summary>
    public required string Command { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>All rounds are done.</summary>
    public required bool IsComplete { get; init; }

    public required LabMachine Machine { get; init; }

    /// <summary>Of the order of the variants.</summary>
    public required int Seed { get; init; }

    /// <summary>Rounds asked for.</summary>
    public required int Rounds { get; init; }

    public required double SecondsPerMeasurement { get; init; }

    public required double WarmUpSeconds { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<LabSummary> Summaries { get; init; }

    public required IReadOnlyList<LabVerdict> Verdicts { get; init; }

    public required IReadOnlyList<LabMeasurement> Measurements { get; init; }

    /// <summary>The settings, in their order.</summary>
    internal IEnumerable<LabSetting> Settings => Summaries.Select(summary => summary.Variant.Setting).Distinct();
}
