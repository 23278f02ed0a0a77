namespace Hawser.App.Lab;

/// <summary>One measurement.</summary>
/// <param name="Round">Counts from 1.</param>
/// <param name="Place">Its place in the round's order, from 1.</param>
/// <param name="Variant">What was measured.</param>
/// <param name="Figures">What it gave; null when it failed.</param>
/// <param name="Error">How it failed; null when it did not.</param>
internal sealed record LabMeasurement(
    int Round, int Place, LabVariant Variant, LabFigures? Figures, string? Error);
