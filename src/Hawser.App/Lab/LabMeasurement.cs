using Hawser.App.Lab.Conditions;

namespace Hawser.App.Lab;

/// <summary>One measurement.</summary>
/// <param name="Round">Its round, from 1.</param>
/// <param name="Place">Its position in the round, from 1.</param>
/// <param name="Variant">What was measured.</param>
/// <param name="Figures">Its figures; null if it failed.</param>
/// <param name="Error">The reason of its failure; null if it succeeded.</param>
internal sealed record LabMeasurement(
    int Round, int Place, LabVariant Variant, LabFigures? Figures, string? Error)
{
    /// <summary>The rest of the machine meanwhile; null without /proc.</summary>
    public LabConditions? Conditions { get; init; }

    /// <summary>Why its figures are not to be trusted; null if nothing disturbed it. A spoiled measurement is repeated
    /// in the same round.</summary>
    public string? Spoiled { get; init; }

    /// <summary>The measurements that count, one of each round that has figures: the first that nothing spoiled,
    /// otherwise the one that others disturbed least.</summary>
    public static IEnumerable<LabMeasurement> Counted(IEnumerable<LabMeasurement> ofOneVariant) => ofOneVariant
        .Where(measured => measured.Figures is not null)
        .GroupBy(measured => measured.Round)
        .Select(round => round.FirstOrDefault(measured => measured.Spoiled is null)
            ?? round.MinBy(measured => measured.Conditions?.Disturbance ?? 0)!);
}
