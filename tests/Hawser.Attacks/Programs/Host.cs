namespace Hawser.Attacks.Programs;

/// <summary>The machine that measures.</summary>
internal static class Host
{
    // Above this, other programs were busy before the attacks began.
    private const double CalmLoad = 0.5;

    /// <summary>Processor, cores, kernel and runtime.</summary>
    public static string Name =>
        $"{Cpu}, {Environment.ProcessorCount} cores, Linux {Kernel}, .NET {Environment.Version}";

    /// <summary>The current load as text.</summary>
    public static string Company => CompanyOf(LoadAverage);

    /// <summary>A load average at the start as text.</summary>
    public static string CompanyOf(double? load) => load switch
    {
        null => "load average unknown",
        > CalmLoad => $"shared with other work: the load average was {load:0.0} at the start",
        _ => "otherwise idle",
    };

    /// <summary>The one-minute load average.</summary>
    private static double LoadAverage => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0]);

    private static string Cpu => File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        ?? "unknown CPU";

    private static string Kernel =>
        string.Join('.', File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('.', '-').Take(2));
}
