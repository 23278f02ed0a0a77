namespace Hawser.Bench.Programs;

/// <summary>This tree, and the programs that are made from it.</summary>
internal static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>A path in the tree.</summary>
    public static string At(params string[] parts) => Path.Combine([LazyRoot.Value, .. parts]);

    /// <summary>Publishes <c>hawser</c>.</summary>
    /// <returns>The program.</returns>
    public static async Task<string> PublishHawserAsync()
    {
        string folder = At("artifacts", "bench", "hawser");
        await Console.Error.WriteLineAsync("publishing hawser ...");
        await Tool.RunAsync("dotnet", "publish", At("src", "Hawser.App"), "-c", "Release", "-o", folder);
        return Path.Combine(folder, "hawser");
    }

    /// <summary>Compiles the ping server in C.</summary>
    /// <returns>The program; null, after a word on it, when there is no compiler.</returns>
    public static async Task<string?> MakeReferenceAsync()
    {
        string folder = At("bench", "reference", "ping");
        if (await Tool.RunAsync("which", "make", "gcc") is not null)
        {
            await Tool.RunAsync("make", "-C", folder, "CC=gcc");
            return Path.Combine(folder, "epoll_ping");
        }
        return null;
    }

    /// <summary>The commit that is measured, marked when the tree differs from it.</summary>
    public static async Task<string> CommitAsync() =>
        (await Tool.RunAsync("git", "-C", At(), "describe", "--always", "--dirty", "--exclude=*"))?.Trim() ?? "unknown";

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
