using System.Globalization;

namespace Hawser.App.Lab.Conditions;

/// <summary>The CPU time of the whole machine since its start, and of this process with its ended children, in steps of
/// 10 ms, from proc(5).</summary>
/// <param name="All">Of all cores, idle or not.</param>
/// <param name="Used">Of all processes. Interrupts are not included: their time may count as a process's too.</param>
/// <param name="Steal">Given to other machines by the hypervisor.</param>
/// <param name="Own">Of this process and of the children that it has waited for, and of theirs.</param>
internal sealed record MachineSample(double All, double Used, double Steal, double Own)
{
    private const string Self = "/proc/self/stat";

    // USER_HZ is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;
    private const string Frequencies = "/sys/devices/system/cpu";

    /// <summary>Samples this machine; null without /proc.</summary>
    public static MachineSample? TryTake()
    {
        try
        {
            return Parse(File.ReadLines("/proc/stat").First(), File.ReadAllText(Self));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Parses the first line of /proc/stat, and /proc/self/stat.</summary>
    internal static MachineSample Parse(string machine, string self)
    {
        // user, nice, system, idle, iowait, irq, softirq, steal; the guests' time after them is in user and nice.
        double[] ticks = [.. machine.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(Number)];
        // utime, stime, cutime and cstime are fields 14 to 17; after the name, in parentheses, comes number 3.
        string[] own = self[(self.LastIndexOf(')') + 2)..].Split(' ');
        return new MachineSample(
            ticks.Sum(), ticks[..3].Sum(), ticks.Length > 7 ? ticks[7] : 0, own[(14 - 3)..(18 - 3)].Sum(Number));
    }

    /// <summary>User and system time of the children of this process that it has waited for, and of theirs; zero without
    /// /proc.</summary>
    public static TimeSpan OfEndedChildren()
    {
        if (!File.Exists(Self))
            return TimeSpan.Zero;
        string self = File.ReadAllText(Self);
        string[] own = self[(self.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds(own[(16 - 3)..(18 - 3)].Sum(Number) / TicksPerSecond);
    }

    /// <summary>What happened between an earlier sample and this one.</summary>
    public LabConditions Since(MachineSample earlier, double? mhz)
    {
        double all = Math.Max(1, All - earlier.All);
        double others = Math.Max(0, Used - earlier.Used - (Own - earlier.Own));
        return new LabConditions((Steal - earlier.Steal) / all, others / all, LabMachine.FindLoadAverage(), mhz);
    }

    /// <summary>The clock frequency of the fastest core now, in MHz; null if unknown.</summary>
    public static double? FindMhz()
    {
        try
        {
            double[] kHz =
            [
                .. Directory.EnumerateDirectories(Frequencies, "cpu*")
                    .Select(core => Path.Combine(core, "cpufreq", "scaling_cur_freq"))
                    .Where(File.Exists)
                    .Select(path => Number(File.ReadAllText(path))),
            ];
            return kHz.Length == 0 ? null : kHz.Max() / 1000;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
