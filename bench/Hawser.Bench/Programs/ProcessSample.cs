using System.Globalization;

namespace Hawser.Bench.Programs;

/// <summary>What proc(5) says of a process at one moment.</summary>
/// <param name="Cpu">User and system time of all its threads so far, to 10 ms.</param>
/// <param name="ResidentBytes">Memory that is really there.</param>
internal sealed record ProcessSample(TimeSpan Cpu, long ResidentBytes)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const int TicksPerSecond = 100;

    public static ProcessSample Of(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        // The name, in parentheses, may hold blanks; what follows it counts from field 3.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long ticks = long.Parse(fields[14 - 3], CultureInfo.InvariantCulture)
            + long.Parse(fields[15 - 3], CultureInfo.InvariantCulture);
        string resident = File.ReadLines($"/proc/{process}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        long kibibytes = long.Parse(resident[6..^3], CultureInfo.InvariantCulture);
        return new ProcessSample(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), kibibytes * 1024);
    }

    /// <summary>Descriptors that a process has open.</summary>
    public static int Descriptors(int process) => Directory.GetFiles($"/proc/{process}/fd").Length;
}
