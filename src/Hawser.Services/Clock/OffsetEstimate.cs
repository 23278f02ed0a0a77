namespace Hawser.Services.Clock;

/// <summary>How far the server's wall clock is ahead of the client's (negative: behind).</summary>
/// <param name="Ns">The offset in nanoseconds.</param>
/// <param name="ErrorNs">Its error bound: half the delay of the exchange it was taken from.</param>
/// <param name="AtNs">When that was, in nanoseconds since the client's first tick was due.</param>
public readonly record struct OffsetEstimate(long Ns, long ErrorNs, long AtNs);
