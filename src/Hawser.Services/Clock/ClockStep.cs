namespace Hawser.Services.Clock;

/// <summary>A step of a wall clock, seen against the monotonic clock of the same machine.</summary>
/// <param name="IsServers">Whose wall clock: the server's, or the client's.</param>
/// <param name="AtNs">When it was confirmed, in nanoseconds since the client's first tick was due.</param>
/// <param name="Ns">By how much; negative: it was put back.</param>
public readonly record struct ClockStep(bool IsServers, long AtNs, long Ns);
