namespace Hawser.App.Lab.Processes;

/// <summary>The cores reserved for the server and those reserved for the load.</summary>
/// <param name="ServerCores">A list for <c>taskset -c</c>; null if nothing is pinned.</param>
/// <param name="LoadCores">A list for <c>taskset -c</c>; null if nothing is pinned.</param>
/// <param name="Words">The pinning as text, or why there is none.</param>
internal sealed record CpuPinning(string? ServerCores, string? LoadCores, string Words)
{
    /// <summary>Gives each half of the cores that this process may use. Pins nothing without taskset(1) or with one
    /// core.</summary>
    public static CpuPinning Find()
    {
        if (!OperatingSystem.IsLinux() || OwnProgram.FindInstalled("taskset") is null)
            return new CpuPinning(null, null, "none, taskset not found");
        int[] cores = AllowedCores();
        return Split(cores);
    }

    /// <summary>Splits a list of cores.</summary>
    public static CpuPinning Split(IReadOnlyList<int> cores)
    {
        if (cores.Count < 2)
            return new CpuPinning(null, null, "none, only one core");
        string server = string.Join(',', cores.Take(cores.Count / 2));
        string load = string.Join(',', cores.Skip(cores.Count / 2));
        return new CpuPinning(server, load, $"server on {server}, load on {load}");
    }

    /// <summary>The cores in a list like <c>0-3,8</c>.</summary>
    public static int[] ParseList(string list) =>
    [
        .. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(range => Array.ConvertAll(range.Split('-'), int.Parse))
            .SelectMany(ends => Enumerable.Range(ends[0], ends[^1] - ends[0] + 1)),
    ];

    private static int[] AllowedCores()
    {
        const string name = "Cpus_allowed_list:";
        string? line = File.ReadLines("/proc/self/status")
            .FirstOrDefault(entry => entry.StartsWith(name, StringComparison.Ordinal));
        return line is null ? [] : ParseList(line[name.Length..]);
    }
}
