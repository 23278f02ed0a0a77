namespace Hawser.App.Lab;

/// <summary>Whether a goal was reached under one setting.</summary>
/// <param name="Goal">The goal.</param>
/// <param name="Setting">The setting as text.</param>
/// <param name="Spread">What was measured; null for nothing.</param>
/// <param name="Words">The outcome.</param>
internal sealed record LabGoalOutcome(LabGoal Goal, string Setting, LabSpread? Spread, string Words)
{
    /// <summary>The whole interval is within the bound.</summary>
    public const string Reached = "reached";

    /// <summary>The whole interval is beyond the bound.</summary>
    public const string Missed = "missed";

    /// <summary>The interval includes the bound.</summary>
    public const string Open = "not decided";

    /// <summary>The scenario as it was run has no such figure.</summary>
    public const string NotMeasured = "not measured";

    /// <summary>What was measured, as text.</summary>
    public string Value => Spread is null ? "–" : Goal.Format(Spread.Median);

    /// <summary>Its interval as text.</summary>
    public string Interval => Spread is { IsSure: true }
        ? $"{Goal.Format(Spread.Low)} to {Goal.Format(Spread.High)}"
        : "–";
}
