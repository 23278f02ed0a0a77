namespace Hawser.Services.Numbers;

/// <summary>What came of a run of the numbers client.</summary>
/// <param name="Lists">Lists that were asked for.</param>
/// <param name="Download">Time until the last list was there.</param>
/// <param name="Sorting">Time to sort them; zero where that was not a phase of its own.</param>
/// <param name="Failures">Lists that are missing or malformed.</param>
public sealed record NumbersReport(
    int Lists, TimeSpan Download, TimeSpan Sorting, IReadOnlyList<ListFailure> Failures);
