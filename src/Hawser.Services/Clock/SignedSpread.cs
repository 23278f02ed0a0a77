namespace Hawser.Services.Clock;

/// <summary>A distribution of differences that may be negative, in nanoseconds.</summary>
/// <param name="MinNs">The least.</param>
/// <param name="MedianNs">The median, exact.</param>
/// <param name="MaxNs">The greatest.</param>
public sealed record SignedSpread(long MinNs, long MedianNs, long MaxNs);
