namespace Hawser.Services.Numbers;

/// <summary>What came of a run of the numbers client, phase by phase.</summary>
/// <param name="Download">Time until the last list was there; null if none came.</param>
/// <param name="Sorting">Time to sort them; null if none was sorted.</param>
/// <param name="Failures">Lists that are missing or malformed.</param>
/// <param name="Doubts">Lists that are well-formed but may be cut: their count is not that of most others.</param>
public sealed record NumbersReport(
    TimeSpan? Download, TimeSpan? Sorting, IReadOnlyList<ListFailure> Failures, IReadOnlyList<ListFailure> Doubts);
