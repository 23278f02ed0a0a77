namespace Hawser.Attacks.Programs;

/// <summary>A sample of a process from proc(5).</summary>
/// <param name="Cpu">User and system time of all its threads, in steps of 10 ms.</param>
/// <param name="WaitedCpu">The same of its children that have been waited for.</param>
/// <param name="ResidentBytes">Resident memory.</param>
internal sealed record ProcessSample(TimeSpan Cpu, TimeSpan WaitedCpu, long ResidentBytes)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    public static ProcessSample Of(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        // The name, in parentheses, may contain blanks; the fields after it start with number 3.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        string resident = File.ReadLines($"/proc/{process}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new ProcessSample(Time(14), Time(16), long.Parse(resident[6..^3]) * 1024);

        // The field after user time is system time.
        TimeSpan Time(int field) =>
            TimeSpan.FromSeconds((long.Parse(fields[field - 3]) + long.Parse(fields[field - 2])) / TicksPerSecond);
    }
}
