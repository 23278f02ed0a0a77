using System.Text.RegularExpressions;
using Hawser.App.Lab;
using Hawser.App.Lab.Publishing;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Tidy;

/// <summary>What the documents say is so.</summary>
public sealed partial class DocumentTidyTest
{
    public static TheoryData<string> Documents =>
    [
        .. Directory.EnumerateFiles(ProgramRepository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(ProgramRepository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
            .Append(ProgramRepository.PathOf("samples", "README.md"))
            .Select(path => Path.GetRelativePath(ProgramRepository.Root, path)),
    ];

    [Fact]
    public void The_readme_has_at_most_120_lines() =>
        Assert.InRange(File.ReadAllLines(ProgramRepository.PathOf("README.md")).Length, 1, 120);

    [Fact]
    public void The_readmes_service_of_your_own_is_the_sample_that_is_compiled()
    {
        string readme = File.ReadAllText(ProgramRepository.PathOf("README.md"));
        Match snippet = CSharp().Match(readme);

        Assert.True(snippet.Success);
        Assert.Equal(File.ReadAllText(ProgramRepository.PathOf("samples", "shout.cs")), snippet.Groups[1].Value);
    }

    [Fact]
    public void The_readmes_table_of_models_and_the_goals_are_what_the_newest_results_make()
    {
        Assert.Equal(
            PublishedPages.ReadmeOf(ProgramRepository.Root), File.ReadAllText(ProgramRepository.PathOf("README.md")));
        Assert.Equal(
            PublishedPages.GoalsOf(ProgramRepository.Root),
            File.ReadAllText(ProgramRepository.PathOf(PublishedPages.Goals)));
    }

    [Fact]
    public void Every_page_of_results_is_what_its_results_make() => Assert.All(
        LabPublication.HostsIn(ProgramRepository.PathOf("docs", "results")),
        host => Assert.Equal(
            LabPublication.PageOf(LabResultFile.ReadAll(host)), File.ReadAllText(Path.Combine(host, "README.md"))));

    [Fact]
    public void Every_test_and_attack_that_holds_a_hole_exists()
    {
        string[] known =
        [
            .. Directory.EnumerateFiles(ProgramRepository.PathOf("tests", "Hawser.Tests"), "*Test.cs", SearchOption.AllDirectories)
                .Select(path => Path.GetFileNameWithoutExtension(path)),
            .. Directory.EnumerateFiles(ProgramRepository.PathOf("tests", "Hawser.Attacks", "Attacks"), "*.cs")
                .SelectMany(path => AttackName().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)),
        ];
        string[] rows = [.. File.ReadLines(ProgramRepository.PathOf("docs", "security.md"))
            .SkipWhile(line => line != "| hole | tests | attacks |").Skip(2).TakeWhile(line => line.StartsWith('|'))];

        string[] named = [.. rows.SelectMany(row => Code().Matches(row.Split('|', 3)[2]).Select(match => match.Groups[1].Value))];
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, known));
        // An attack that holds no hole is an experiment.
        Assert.All(known.Where(name => !name.EndsWith("Test", StringComparison.Ordinal)), name => Assert.Contains(name, named));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_within_the_repository_leads_somewhere(string document)
    {
        string path = ProgramRepository.PathOf(document);
        foreach (Match link in Link().Matches(File.ReadAllText(path)))
        {
            string target = link.Groups[1].Value.Split('#')[0];
            string full = Path.Combine(Path.GetDirectoryName(path)!, target);
            Assert.True(target.Length == 0 || File.Exists(full) || Directory.Exists(full), $"{document}: {target}");
        }
    }

    [GeneratedRegex("Name => \"([^\"]+)\"")]
    private static partial Regex AttackName();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex(@"\]\((?!https?:)([^)\s]+)\)")]
    private static partial Regex Link();
}
