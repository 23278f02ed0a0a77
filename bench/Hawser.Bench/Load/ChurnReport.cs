namespace Hawser.Bench.Load;

/// <summary>What a <see cref="ChurnLoad"/> saw.</summary>
/// <param name="ConnectionsPerSecond">Those that were connected, answered and closed in order, after the
/// warm-up.</param>
/// <param name="P50Microseconds">Half of them took at most this, from the connect to the server's end.</param>
/// <param name="P99Microseconds">99 of 100 took at most this.</param>
/// <param name="ServerCpuMicroseconds">User and system time of the server for one of them.</param>
/// <param name="LoadCpuShare">Of one core; the load has one thread, so at 1 it is itself the limit.</param>
/// <param name="Errors">How often each error occurred, in the warm-up as well.</param>
internal sealed record ChurnReport(
    double ConnectionsPerSecond,
    double P50Microseconds,
    double P99Microseconds,
    double ServerCpuMicroseconds,
    double LoadCpuShare,
    Dictionary<string, int> Errors);
