namespace Hawser.Bench.Load;

/// <summary>The report of a <see cref="ChurnLoad"/>.</summary>
/// <param name="ConnectionsPerSecond">Successful connections after the warm-up.</param>
/// <param name="P50Microseconds">Median time from the connect to the server's end.</param>
/// <param name="P99Microseconds">99th percentile of the same.</param>
/// <param name="ServerCpuMicroseconds">User and system time of the server per connection.</param>
/// <param name="LoadCpuShare">Share of one core; the single-threaded load is the limit near 1.</param>
/// <param name="Errors">Count of each error, including the warm-up.</param>
internal sealed record ChurnReport(
    double ConnectionsPerSecond,
    double P50Microseconds,
    double P99Microseconds,
    double ServerCpuMicroseconds,
    double LoadCpuShare,
    Dictionary<string, int> Errors);
