using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary>The benches. A new one is one file and one entry here.</summary>
internal static class BenchCatalog
{
    public static IReadOnlyList<BenchEntry> All { get; } =
    [
        new("rate", "round trips of ping: beside C, Kestrel, redis-server and asyncio", 23, RateBench.RunAsync)
        {
            Tools = ["gcc", "make", "redis-server", "python3"],
        },
        new("churn", "connections per second: beside C, Kestrel and redis-server", 7, ChurnBench.RunAsync)
        {
            Tools = ["gcc", "make", "redis-server"],
        },
        new("message", "standard input into output: beside socat, ncat, nc and iperf3", 5, MessageBench.RunAsync)
        {
            Tools = [.. FileTools.Programs, Iperf.Program],
        },
        new("upload", "a file into a file: beside socat, ncat, nc and iperf3", 6, UploadBench.RunAsync)
        {
            Tools = [.. FileTools.Programs, Iperf.Program],
        },
        new("numbers", "a hundred lists downloaded and sorted: beside Python", 2, NumbersBench.RunAsync)
        {
            Tools = ["python3"],
        },
        new("clock", "delay and jitter beside irtt, and the lateness of many clients", 7, ClockBench.RunAsync)
        {
            Tools = ["irtt"],
            FullMinutes = 6,
        },
        new("start", "from exec to listening, and from exec to exit", 0.5, StartBench.RunAsync),
        new("idle", "memory of ten thousand idle connections", 3, IdleBench.RunAsync),
        new("burst", "connections lost of a burst at a backlog of 10: beside C", 4, BurstBench.RunAsync)
        {
            Tools = ["gcc", "make"],
        },
        new("ways", "system calls from a file into a socket, and from a socket into a file", 2, WaysBench.RunAsync),
        new("growth", "every model under 1 to 10,000 connections, and where each breaks", 25, GrowthBench.RunAsync)
        {
            Tools = ["prlimit", "setpriv"],
        },
    ];

    /// <summary>The entry of that name.</summary>
    /// <exception cref="FormatException">There is none; the message lists those there are.</exception>
    public static BenchEntry Get(string name) => All.FirstOrDefault(bench => bench.Name == name)
        ?? throw new FormatException(
            $"there is no bench '{name}'; use {string.Join(", ", All.Select(bench => bench.Name))}");
}
