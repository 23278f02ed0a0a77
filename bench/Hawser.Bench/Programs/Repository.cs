namespace Hawser.Bench.Programs;

/// <summary>This source tree and the programs built from it.</summary>
internal static class Repository
{
    /// <summary>Names a published <c>hawser</c>: <c>all</c> publishes once for all benches.</summary>
    public const string ProgramVariable = "HAWSER_BENCH_PROGRAM";

    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>A path in the tree.</summary>
    public static string At(params string[] parts) => Path.Combine([LazyRoot.Value, .. parts]);

    /// <summary>A message as one line, without local folder names.</summary>
    public static string WithoutRoot(string message) =>
        message.ReplaceLineEndings(" ").Replace(At() + "/", "", StringComparison.Ordinal);

    /// <summary>Publishes <c>hawser</c>.</summary>
    /// <returns>The path of the program.</returns>
    public static async Task<string> PublishHawserAsync()
    {
        if (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } published)
            return published;
        string folder = At("artifacts", "bench", "hawser");
        await Console.Error.WriteLineAsync("publishing hawser ...");
        await Tool.RunAsync("dotnet", "publish", At("src", "Hawser.App"), "-c", "Release", "-o", folder);
        return Path.Combine(folder, "hawser");
    }

    /// <summary>Publishes a .NET program without a line of code, with the packages of <c>hawser</c>.</summary>
    /// <returns>The path of the program.</returns>
    public static async Task<string> PublishEmptyAsync()
    {
        string folder = At("artifacts", "bench", "empty");
        await Tool.RunAsync("dotnet", "publish", At("bench", "reference", "empty"), "-c", "Release", "-o", folder);
        return Path.Combine(folder, "empty");
    }

    /// <summary>Compiles a server in C.</summary>
    /// <param name="name">Its folder under <c>bench/reference</c>.</param>
    /// <param name="program">The program that make builds.</param>
    /// <returns>The path of the program; null without a compiler.</returns>
    public static async Task<string?> MakeReferenceAsync(string name, string program)
    {
        if (!Requirement.Has("make") || !Requirement.Has("gcc"))
            return null;
        string folder = At("bench", "reference", name);
        await Tool.RunAsync("make", "-C", folder, "CC=gcc");
        return Path.Combine(folder, program);
    }

    /// <summary>The measured commit, marked dirty if files other than results differ from it.</summary>
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
            // No git repository.
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
