namespace Hawser.App.Lab;

/// <summary>Which cores the server and the load have to themselves, so that neither takes the other's.</summary>
/// <param name="ServerCores">As for <c>taskset -c</c>; null when nothing is pinned.</param>
/// <param name="LoadCores">As for <c>taskset -c</c>; null when nothing is pinned.</param>
/// <param name="Words">What was done and why.</param>
internal sealed record CpuPinning(string? ServerCores, string? LoadCores, string Words)
{
    /// <summary>Half of the cores that this process may use for each, where there is taskset(1) and more than
    /// one.</summary>
    public static CpuPinning Find()
    {
        if (!OperatingSystem.IsLinux() || FindTaskset() is null)
            return new CpuPinning(null, null, "nothing: there is no taskset here");
        int[] cores = AllowedCores();
        return Split(cores);
    }

    /// <summary>Deals cores out.</summary>
    public static CpuPinning Split(IReadOnlyList<int> cores)
    {
        if (cores.Count < 2)
            return new CpuPinning(null, null, "nothing: there is one core for all");
        string server = string.Join(',', cores.Take(cores.Count / 2));
        string load = string.Join(',', cores.Skip(cores.Count / 2));
        return new CpuPinning(server, load, $"server to cores {server}, load to cores {load}");
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

    private static string? FindTaskset() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "taskset"))
        .FirstOrDefault(File.Exists);
}
