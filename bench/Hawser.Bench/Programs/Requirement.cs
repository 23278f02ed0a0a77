using System.Text.RegularExpressions;

namespace Hawser.Bench.Programs;

/// <summary>Another program that a bench uses.</summary>
/// <param name="Program">Its name.</param>
/// <param name="Package">Its Debian package.</param>
/// <param name="Use">What a run skips without it.</param>
/// <param name="VersionArgument">The option that prints its version.</param>
internal sealed partial record Requirement(
    string Program, string Package, string Use, string VersionArgument = "--version")
{
    /// <summary>All requirements.</summary>
    public static IReadOnlyList<Requirement> All { get; } =
    [
        new("gcc", "gcc", "the servers in C"),
        new("make", "make", "the servers in C"),
        new("redis-server", "redis-server", "redis-server's PING"),
        new("python3", "python3", "the programs in Python"),
        new("socat", "socat", "socat", "-V"),
        new("ncat", "ncat", "ncat"),
        new("nc", "netcat-openbsd", "nc", "-h"),
        new("iperf3", "iperf3", "the bandwidth of the loopback interface"),
        new("irtt", "irtt", "irtt", "version"),
        new("prlimit", "util-linux", "servers with few descriptors and few threads"),
        new("setpriv", "util-linux", "servers with few threads"),
    ];

    /// <summary>Whether the program is installed.</summary>
    public bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <summary>Whether a program of the list is installed.</summary>
    public static bool Has(string program) => All.First(requirement => requirement.Program == program).IsInstalled;

    /// <summary>Reports on standard error what is skipped and how to install it.</summary>
    public static void Announce(IEnumerable<string> programs)
    {
        Requirement[] missing =
            [.. All.Where(requirement => programs.Contains(requirement.Program) && !requirement.IsInstalled)];
        foreach (Requirement requirement in missing)
            Console.Error.WriteLine($"skipped: {requirement.Use}; {requirement.Program} is not installed");
        if (missing.Length > 0)
        {
            string packages = string.Join(' ', missing.Select(requirement => requirement.Package).Distinct());
            Console.Error.WriteLine($"to run everything (Debian): apt-get install {packages}");
        }
    }

    /// <summary>The versions of those that are installed.</summary>
    public static async Task<string> VersionsAsync(IEnumerable<string> programs)
    {
        var versions = new List<string>();
        foreach (Requirement requirement in All.Where(entry => programs.Contains(entry.Program) && entry.IsInstalled))
        {
            string said = await Tool.ReadAllAsync(requirement.Program, requirement.VersionArgument);
            string version = Version().Match(said) is { Success: true } match ? match.Value : "(unknown version)";
            versions.Add($"{requirement.Program} {version}");
        }
        return string.Join(", ", versions);
    }

    [GeneratedRegex(@"\d+\.\d+[-.\w]*")]
    private static partial Regex Version();
}
