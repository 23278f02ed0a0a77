namespace Hawser.Bench.Load;

/// <summary>The report of a <see cref="PingLoad"/>, without the warm-up. A round trip covers all pings that a client
/// sends at once, until the last pong.</summary>
/// <param name="PingsPerSecond">All connections together.</param>
/// <param name="P50Microseconds">Median round trip.</param>
/// <param name="P99Microseconds">99th percentile of the round trips.</param>
/// <param name="ServerCpuMicroseconds">User and system time of the server per ping.</param>
/// <param name="LoadCpuShare">Share of one core; the single-threaded load is the limit near 1.</param>
internal sealed record LoadReport(
    double PingsPerSecond,
    double P50Microseconds,
    double P99Microseconds,
    double ServerCpuMicroseconds,
    double LoadCpuShare);
