namespace Hawser.Bench.Programs;

/// <summary>This tree, and the programs that are made from it.</summary>
internal static class Repository
{
    /// <summary>Names a <c>hawser</c> that is published already: <c>all</c> does it once for all benches.</summary>
    public const string ProgramVariable = "HAWSER_BENCH_PROGRAM";

    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>A path in the tree.</summary>
    public static string At(params string[] parts) => Path.Combine([LazyRoot.Value, .. parts]);

    /// <summary>A message in one line, and without the names of folders that are nobody else's.</summary>
    public static string WithoutRoot(string message) =>
        message.ReplaceLineEndings(" ").Replace(At() + "/", "", StringComparison.Ordinal);

    /// <summary>Publishes <c>hawser</c>.</summary>
    /// <returns>The program.</returns>
    public static async Task<string> PublishHawserAsync()
    {
        if (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } published)
            return published;
        string folder = At("artifacts", "bench", "hawser");
        await Console.Error.WriteLineAsync("publishing hawser ...");
        await Tool.RunAsync("dotnet", "publish", At("src", "Hawser.App"), "-c", "Release", "-o", folder);
        return Path.Combine(folder, "hawser");
    }

    /// <summary>Compiles a server in C.</summary>
    /// <param name="name">Its folder under <c>bench/reference</c>.</param>
    /// <param name="program">What is made there.</param>
    /// <returns>The program; null when there is no compiler.</returns>
    public static async Task<string?> MakeReferenceAsync(string name, string program)
    {
        if (!Requirement.Has("make") || !Requirement.Has("gcc"))
            return null;
        string folder = At("bench", "reference", name);
        await Tool.RunAsync("make", "-C", folder, "CC=gcc");
        return Path.Combine(folder, program);
    }

    /// <summary>The commit that is measured, marked when the tree differs from it in more than results.</summary>
    public static async Task<string> CommitAsync()
    {
        try
        {
            string commit = await Tool.RunAsync("git", "-C", At(), "rev-parse", "--short", "HEAD");
            string changes = await Tool.RunAsync(
                "git", "-C", At(), "status", "--porcelain", "--untracked-files=no", "--", ".",
                ":(exclude)docs/results");
            return commit.Trim() + (changes.Length > 0 ? "-dirty" : "");
        }
        catch (BenchException)
        {
            // A tree that came without its history.
            return "unknown";
        }
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Hawser.slnx")))
                return folder;
        }
        throw new BenchException("run it from the repository: dotnet run -c Release --project bench/Hawser.Bench");
    }
}
