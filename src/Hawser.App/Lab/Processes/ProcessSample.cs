using System.Globalization;

namespace Hawser.App.Lab.Processes;

/// <summary>A sample of a process, or of a process and its descendants, from proc(5).</summary>
/// <param name="Cpu">User and system time of all its threads, and of children that it has waited for, in steps of
/// 10 ms.</param>
/// <param name="VoluntarySwitches">Context switches of living threads that waited; null above 2,000
/// threads.</param>
/// <param name="InvoluntarySwitches">Context switches of preempted living threads; null above 2,000 threads.</param>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Threads">Living threads.</param>
/// <param name="Descriptors">Open descriptors; null if unknown.</param>
internal sealed record ProcessSample(
    TimeSpan Cpu, long? VoluntarySwitches, long? InvoluntarySwitches, long ResidentBytes, int Threads,
    int? Descriptors = null)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    // Each thread is a file: more would take longer to read than the time between two samples.
    private const int MostThreads = 2000;

    /// <summary>Samples a process; null without /proc, or if the process has ended.</summary>
    public static ProcessSample? TryOf(int process)
    {
        try
        {
            string[] fields = FieldsOf(process);
            int threads = (int)Number(fields[20 - 3]);
            (long? voluntary, long? involuntary) = threads <= MostThreads ? Switches(process) : (null, null);
            return new ProcessSample(
                TimeSpan.FromSeconds(fields[(14 - 3)..(18 - 3)].Sum(Number) / TicksPerSecond),
                voluntary,
                involuntary,
                Field(File.ReadLines($"/proc/{process}/status"), "VmRSS:") * 1024,
                threads,
                Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Samples a process and its descendants; null without /proc, or if the process has ended.</summary>
    public static ProcessSample? TryOfTree(int root) =>
        TryOf(root) is { } sample
            ? DescendantsOf(root).Select(TryOf).OfType<ProcessSample>()
                .Aggregate(sample, (sum, other) => sum.Plus(other))
            : null;

    /// <summary>The open sockets of a process and its descendants; 0 without /proc.</summary>
    public static int SocketsOf(int root) => DescendantsOf(root).Append(root).Sum(CountSockets);

    private static int CountSockets(int process)
    {
        try
        {
            return new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos()
                .Count(descriptor => descriptor.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private ProcessSample Plus(ProcessSample other) => new(
        Cpu + other.Cpu, VoluntarySwitches + other.VoluntarySwitches, InvoluntarySwitches + other.InvoluntarySwitches,
        ResidentBytes + other.ResidentBytes, Threads + other.Threads, Descriptors + other.Descriptors);

    /// <summary>The children of a process, their children, and so on.</summary>
    public static IReadOnlyList<int> DescendantsOf(int root)
    {
        if (!Directory.Exists("/proc"))
            return [];
        var childrenOf = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out int process) ? process : 0)
            .Where(process => process > 0)
            .Select(process => (Process: process, Parent: TryParentOf(process)))
            .ToLookup(entry => entry.Parent, entry => entry.Process);
        List<int> found = [.. childrenOf[root]];
        for (int i = 0; i < found.Count; i++)
            found.AddRange(childrenOf[found[i]]);
        return found;
    }

    /// <summary>Whether a process runs. A zombie does while threads of it still exit.</summary>
    public static bool IsRunning(int process)
    {
        try
        {
            return FieldsOf(process)[0] is not ("Z" or "X")
                || Directory.EnumerateDirectories($"/proc/{process}/task").Count() > 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static int? TryParentOf(int process)
    {
        try
        {
            return (int)Number(FieldsOf(process)[4 - 3]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The fields of its stat file, from number 3.</summary>
    private static string[] FieldsOf(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        // The name, in parentheses, may contain blanks.
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static (long? Voluntary, long? Involuntary) Switches(int process)
    {
        long voluntary = 0;
        long involuntary = 0;
        foreach (string thread in Directory.GetDirectories($"/proc/{process}/task"))
        {
            try
            {
                string[] lines = File.ReadAllLines(Path.Combine(thread, "status"));
                voluntary += Field(lines, "voluntary_ctxt_switches:");
                involuntary += Field(lines, "nonvoluntary_ctxt_switches:");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The thread has exited.
            }
        }
        return (voluntary, involuntary);
    }

    private static long Field(IEnumerable<string> lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? Number(line[name.Length..].Replace("kB", "", StringComparison.Ordinal))
            : 0;

    private static long Number(string text) =>
        long.Parse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture);
}
