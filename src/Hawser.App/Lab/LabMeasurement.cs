namespace Hawser.App.Lab;

/// <summary>One measurement.</summary>
/// <param name="Round">Its round, from 1.</param>
/// <param name="Place">Its position in the round, from 1.</param>
/// <param name="Variant">What was measured.</param>
/// <param name="Figures">Its figures; null if it failed.</param>
/// <param name="Error">The reason of its failure; null if it succeeded.</param>
internal sealed record LabMeasurement(
    int Round, int Place, LabVariant Variant, LabFigures? Figures, string? Error);
