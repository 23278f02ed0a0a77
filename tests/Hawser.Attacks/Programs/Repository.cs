namespace Hawser.Attacks.Programs;

/// <summary>This source tree and the programs built from it.</summary>
internal static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>A path in the tree.</summary>
    public static string At(params string[] parts) => Path.Combine([LazyRoot.Value, .. parts]);

    /// <summary>Publishes <c>hawser</c>.</summary>
    /// <returns>The path of the program.</returns>
    public static async Task<string> PublishHawserAsync()
    {
        string folder = At("artifacts", "attacks", "hawser");
        await Console.Error.WriteLineAsync("publishing hawser ...");
        await Tool.RunAsync("dotnet", "publish", At("src", "Hawser.App"), "-c", "Release", "-o", folder);
        return Path.Combine(folder, "hawser");
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
        catch (AttackException)
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
        throw new AttackException("run it from the repository: dotnet run -c Release --project tests/Hawser.Attacks");
    }
}
