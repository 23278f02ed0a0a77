using System.Diagnostics;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Benches;

/// <summary><c>all</c>: every bench in turn, each in its own process. If one fails or exceeds its time limit, the
/// others still run.</summary>
internal static class AllBenches
{
    /// <summary>Its verb.</summary>
    public const string Verb = "all";

    private static readonly TimeSpan ReadmeLimit = TimeSpan.FromMinutes(1);

    /// <summary>Options: <c>--only rate,clock</c> (all), <c>--name</c> of the results folder, and the flags
    /// <c>--quick</c> and <c>--full</c>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        BenchEntry[] benches = arguments.Text("only", "") is { Length: > 0 } only
            ? [.. only.Split(',').Select(BenchCatalog.Get)]
            : [.. BenchCatalog.All];
        TimeSpan least = benches.Aggregate(TimeSpan.Zero, (sum, bench) => sum + bench.TimeOf(arguments));
        TimeSpan most = benches.Aggregate(TimeSpan.Zero, (sum, bench) => sum + bench.LimitOf(arguments));
        await Console.Error.WriteLineAsync(
            $"{benches.Length} benches, about {least.TotalMinutes:0} min, at most {most.TotalMinutes:0} min");
        Requirement.Announce(benches.SelectMany(bench => bench.Tools));
        Environment.SetEnvironmentVariable(Repository.ProgramVariable, await Repository.PublishHawserAsync());
        var failures = new List<string>();
        foreach (BenchEntry bench in benches)
        {
            await Console.Error.WriteLineAsync($"== {bench.Name}: {bench.Summary}");
            if (await RunAsync(WordsOf(bench, arguments), bench.LimitOf(arguments)) is { } failure)
                failures.Add($"{bench.Name} {failure}");
        }
        // The table is generated from published results only.
        if (!arguments.IsQuick && await RunAsync([Readme.Verb], ReadmeLimit) is { } cause)
            failures.Add($"{Readme.Verb} {cause}");
        if (failures.Count > 0)
        {
            throw new BenchException(
                $"{failures.Count} of {benches.Length} benches failed: {string.Join("; ", failures)}");
        }
    }

    private static string[] WordsOf(BenchEntry bench, Arguments arguments) =>
    [
        bench.Name,
        .. arguments.IsQuick ? ["--quick"] : (string[])[],
        .. arguments.IsFull ? ["--full"] : (string[])[],
        .. arguments.Text("name", "") is { Length: > 0 } name ? ["--name", name] : (string[])[],
    ];

    /// <returns>The reason of its failure; null if it succeeded.</returns>
    private static async Task<string?> RunAsync(string[] words, TimeSpan limit)
    {
        using Process process = ChildProcess.Start(new ProcessStartInfo(Environment.ProcessPath!, words));
        try
        {
            await ChildProcess.WaitForExitAsync(process, limit);
            return process.ExitCode == 0 ? null : $"(exit code {process.ExitCode})";
        }
        catch (BenchException)
        {
            return $"(not done within {limit.TotalMinutes:0} min)";
        }
    }
}
