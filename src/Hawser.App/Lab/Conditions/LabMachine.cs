using System.Globalization;
using System.Reflection;
using Hawser.App.Lab.Processes;
using Hawser.Native;

namespace Hawser.App.Lab.Conditions;

/// <summary>The machine that measured.</summary>
/// <param name="Cpu">The processor's name.</param>
/// <param name="Cores">Logical cores that this process may use.</param>
/// <param name="OperatingSystem">Its name and version.</param>
/// <param name="Dotnet">The runtime's version.</param>
/// <param name="Hawser">This program's version.</param>
/// <param name="LoadAverage">One-minute load average at the start; null if unknown.</param>
/// <param name="Pinned">The CPU pinning as text.</param>
internal sealed record LabMachine(
    string Cpu, int Cores, string OperatingSystem, string Dotnet, string Hawser, double? LoadAverage, string Pinned)
{
    /// <summary>Describes this machine.</summary>
    public static LabMachine Look(CpuPinning pinning) => new(
        FindCpu() ?? "unknown",
        Environment.ProcessorCount,
        System.Runtime.InteropServices.RuntimeInformation.OSDescription,
        Environment.Version.ToString(),
        typeof(LabMachine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown",
        FindLoadAverage(),
        pinning.Words);

    private static string? FindCpu() => SystemFile.Lines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim();

    /// <summary>The one-minute load average; null if unknown.</summary>
    public static double? FindLoadAverage() => SystemFile.Lines("/proc/loadavg") is [var line, ..]
        ? double.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)
        : null;
}
