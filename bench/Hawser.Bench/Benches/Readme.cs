using Hawser.Bench.Growth;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Benches;

/// <summary><c>readme</c>: makes README.md's table of models from the newest growth.json.</summary>
internal static class Readme
{
    /// <summary>The verb it is started by.</summary>
    public const string Verb = "readme";

    public static Task RunAsync(Arguments arguments)
    {
        string readme = Repository.At("README.md");
        string json = GrowthResult.FindNewest(Repository.At("docs", "results"))
            ?? throw new BenchException($"docs/results has no {GrowthResult.FileName}; run the bench growth first");
        string text = File.ReadAllText(readme);
        string made = ModelsTable.Replace(text, GrowthResult.Read(json), PageBeside(Repository.At(), json));
        File.WriteAllText(readme, made);
        string from = Path.GetRelativePath(Repository.At(), json);
        Console.Error.WriteLine($"README.md {(made == text ? "is as it is made" : "was made anew")} from {from}");
        return Task.CompletedTask;
    }

    /// <summary>The page beside a growth.json, as README.md links to it.</summary>
    public static string PageBeside(string root, string json) =>
        Path.ChangeExtension(Path.GetRelativePath(root, json), ".md").Replace('\\', '/');
}
