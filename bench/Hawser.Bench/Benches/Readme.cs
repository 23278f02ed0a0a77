using Hawser.Bench.Growth;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Benches;

/// <summary><c>readme</c>: makes README.md's table of models from the newest growth.json.</summary>
internal static class Readme
{
    /// <summary>The verb it is started by.</summary>
    public const string Verb = "readme";

    private const string FileName = "README.md";

    public static Task RunAsync(Arguments arguments)
    {
        File.WriteAllText(Repository.At(FileName), Make(Repository.At()));
        Console.Error.WriteLine($"{FileName} has the table of models of the newest {GrowthResult.FileName}");
        return Task.CompletedTask;
    }

    /// <summary>The text of README.md as it should be.</summary>
    /// <param name="root">Of the repository.</param>
    /// <exception cref="BenchException">There are no results to make it from, or no place for it.</exception>
    public static string Make(string root)
    {
        string json = GrowthResult.FindNewest(Path.Combine(root, "docs", "results"))
            ?? throw new BenchException($"docs/results has no {GrowthResult.FileName}; run the bench growth first");
        string page = Path.ChangeExtension(Path.GetRelativePath(root, json), ".md").Replace('\\', '/');
        return ModelsTable.Replace(File.ReadAllText(Path.Combine(root, FileName)), GrowthResult.Read(json), page);
    }
}
