using System.Globalization;

namespace Hawser.App.Lab;

/// <summary>A sample of a process from proc(5).</summary>
/// <param name="Cpu">User and system time of all its threads, in steps of 10 ms.</param>
/// <param name="VoluntarySwitches">Context switches of living threads that waited; null above 2,000
/// threads.</param>
/// <param name="InvoluntarySwitches">Context switches of preempted living threads; null above 2,000 threads.</param>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Threads">Living threads.</param>
internal sealed record ProcessSample(
    TimeSpan Cpu, long? VoluntarySwitches, long? InvoluntarySwitches, long ResidentBytes, int Threads)
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
            string stat = File.ReadAllText($"/proc/{process}/stat");
            // The name, in parentheses, may contain blanks; the fields after it start with number 3.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            int threads = (int)Number(fields[20 - 3]);
            (long? voluntary, long? involuntary) = threads <= MostThreads ? Switches(process) : (null, null);
            return new ProcessSample(
                TimeSpan.FromSeconds((Number(fields[14 - 3]) + Number(fields[15 - 3])) / TicksPerSecond),
                voluntary,
                involuntary,
                Field(File.ReadLines($"/proc/{process}/status"), "VmRSS:") * 1024,
                threads);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
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
