namespace Hawser.Bench.Programs;

/// <summary>What proc(5) says of a process at one moment.</summary>
/// <param name="Cpu">User and system time of all its threads so far, to 10 ms.</param>
/// <param name="WaitedCpu">The same of the processes that it has started and seen the end of.</param>
/// <param name="ResidentBytes">Memory that is really there.</param>
internal sealed record ProcessSample(TimeSpan Cpu, TimeSpan WaitedCpu, long ResidentBytes)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    public static ProcessSample Of(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        // The name, in parentheses, may hold blanks; what follows it counts from field 3.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        string resident = File.ReadLines($"/proc/{process}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new ProcessSample(Time(14), Time(16), long.Parse(resident[6..^3]) * 1024);

        // User time, and system time in the field after it.
        TimeSpan Time(int field) =>
            TimeSpan.FromSeconds((long.Parse(fields[field - 3]) + long.Parse(fields[field - 2])) / TicksPerSecond);
    }

    /// <summary>Descriptors that a process has open.</summary>
    public static int Descriptors(int process) => Directory.GetFiles($"/proc/{process}/fd").Length;
}
