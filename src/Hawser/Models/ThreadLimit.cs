using Hawser.Native;

namespace Hawser.Models;

/// <summary>The number of threads that the system allows: per user (RLIMIT_NPROC), per control group (cgroups(7)) and
/// in all. Other processes' threads count too, so fewer may be left.</summary>
internal static class ThreadLimit
{
    private const string ControlGroups = "/sys/fs/cgroup";

    /// <returns>The smallest limit; null if none is known.</returns>
    public static long? Read() => new[]
    {
        SystemFile.ReadProcessLimit("Max processes"),
        SystemFile.ReadNumber("/proc/sys/kernel/threads-max"),
    }.Concat(SystemFile.Lines("/proc/self/cgroup").Select(ReadControlGroup)).Min();

    /// <param name="line">Hierarchy, controllers, path. Version 2 has one hierarchy and names no controllers.</param>
    private static long? ReadControlGroup(string line)
    {
        string[] parts = line.Split(':', 3);
        if (parts is not [_, var controllers, var path])
            return null;
        string[] names = controllers.Split(',');
        return controllers.Length == 0 ? Read(path)
            : names.Contains("pids") ? Read($"/pids{path}")
            : null;

        static long? Read(string group) => SystemFile.ReadNumber($"{ControlGroups}{group}/pids.max");
    }
}
