using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary>The benches. A new one is one file and one entry here.</summary>
internal static class BenchCatalog
{
    public static IReadOnlyList<BenchEntry> All { get; } =
    [
        new("message", "standard input to output, compared with socat, ncat, nc and iperf3", 5, MessageBench.RunAsync)
        {
            Tools = [.. FileTools.Programs, Iperf.Program],
        },
        new("upload", "file to file, compared with socat, ncat, nc and iperf3", 6, UploadBench.RunAsync)
        {
            Tools = [.. FileTools.Programs, Iperf.Program],
        },
        new("numbers", "a hundred lists downloaded and sorted, compared with Python", 2, NumbersBench.RunAsync)
        {
            Tools = ["python3"],
        },
        new("clock", "delay and jitter, compared with irtt; lateness with many clients", 7, ClockBench.RunAsync)
        {
            Tools = ["irtt"],
            FullMinutes = 6,
        },
        new("start", "time from exec to listening, and from exec to exit", 0.5, StartBench.RunAsync),
        new("burst", "connections lost in a burst, compared with C", 4, BurstBench.RunAsync)
        {
            Tools = ["gcc", "make"],
        },
        new("ways", "system calls from a file to a socket and back", 2, WaysBench.RunAsync),
        new("growth", "every model with 1 to 10,000 connections, and at its limits", 25, GrowthBench.RunAsync)
        {
            Tools = ["prlimit", "setpriv"],
        },
    ];

    /// <summary>Returns the bench of that name.</summary>
    /// <exception cref="FormatException">Unknown name; the message lists the known ones.</exception>
    public static BenchEntry Get(string name) => All.FirstOrDefault(bench => bench.Name == name)
        ?? throw new FormatException(
            $"unknown bench '{name}'; use one of {string.Join(", ", All.Select(bench => bench.Name))}");
}
