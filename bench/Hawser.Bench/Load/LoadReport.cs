namespace Hawser.Bench.Load;

/// <summary>What a <see cref="PingLoad"/> saw after its warm-up. A round trip is all pings that a client sends at once,
/// until the last pong.</summary>
/// <param name="PingsPerSecond">Over all connections.</param>
/// <param name="P50Microseconds">Half of the round trips took at most this.</param>
/// <param name="P99Microseconds">99 of 100 took at most this.</param>
/// <param name="ServerCpuMicroseconds">User and system time of the server for one ping.</param>
/// <param name="LoadCpuShare">Of one core; the load has one thread, so at 1 it is itself the limit.</param>
internal sealed record LoadReport(
    double PingsPerSecond,
    double P50Microseconds,
    double P99Microseconds,
    double ServerCpuMicroseconds,
    double LoadCpuShare);
