namespace Hawser.Services.Numbers;

/// <summary>The result of a run of the numbers client.</summary>
/// <param name="Download">The time to download all lists; null if none came.</param>
/// <param name="Sorting">The time to sort them; null if none was sorted.</param>
/// <param name="Failures">Lists that are missing or malformed.</param>
/// <param name="Doubts">Lists that are well-formed but may be truncated, because most others have another
/// count.</param>
public sealed record NumbersReport(
    TimeSpan? Download, TimeSpan? Sorting, IReadOnlyList<ListFailure> Failures, IReadOnlyList<ListFailure> Doubts);
