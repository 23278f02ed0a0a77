using Hawser.Bench.Growth;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Benches;

/// <summary><c>readme</c>: generates README.md's table of models from the newest growth.json.</summary>
internal static class Readme
{
    /// <summary>Its verb.</summary>
    public const string Verb = "readme";

    private const string FileName = "README.md";

    public static Task RunAsync(Arguments arguments)
    {
        File.WriteAllText(Repository.At(FileName), Make(Repository.At()));
        Console.Error.WriteLine($"updated the table of models in {FileName} from the newest {GrowthResult.FileName}");
        return Task.CompletedTask;
    }

    /// <summary>Returns README.md with the current table.</summary>
    /// <param name="root">The root of the repository.</param>
    /// <exception cref="BenchException">There are no results, or README.md lacks the marks.</exception>
    public static string Make(string root)
    {
        string json = GrowthResult.FindNewest(Path.Combine(root, "docs", "results"))
            ?? throw new BenchException($"docs/results has no {GrowthResult.FileName}; run the bench growth first");
        string page = Path.ChangeExtension(Path.GetRelativePath(root, json), ".md").Replace('\\', '/');
        return ModelsTable.Replace(File.ReadAllText(Path.Combine(root, FileName)), GrowthResult.Read(json), page);
    }
}
