namespace Hawser.Services.Numbers;

/// <summary>What came of a run of the numbers client in one pipeline.</summary>
/// <param name="Time">Time until the last sorted list was on disk; null if none was.</param>
/// <param name="Stages">Where it went.</param>
/// <param name="Failures">Lists that are missing or malformed.</param>
/// <param name="Doubts">Lists that are well-formed but may be cut: their count is not that of most others.</param>
public sealed record PipelineReport(
    TimeSpan? Time, PipelineStages Stages, IReadOnlyList<ListFailure> Failures, IReadOnlyList<ListFailure> Doubts);
