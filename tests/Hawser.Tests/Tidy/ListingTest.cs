using System.Text.RegularExpressions;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Tidy;

/// <summary>Every listing of docs/embedding.md and of the packages' pages is a part of a file that the build compiles,
/// but for its indentation.</summary>
public sealed partial class ListingTest
{
    public static TheoryData<string> Pages =>
    [
        "docs/embedding.md",
        .. Directory.EnumerateFiles(ProgramRepository.PathOf("src"), "README.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(ProgramRepository.Root, path))
            .Where(path => !path.Contains("Avx512", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_listing_is_compiled(string page)
    {
        string[] sources =
        [
            .. ProgramRepository.SourceFiles("samples", "tests/Hawser.Tests/Samples")
                .Append("samples/Worker/appsettings.json")
                .Select(name => Flatten(File.ReadAllText(ProgramRepository.PathOf(name)))),
        ];

        Assert.All(Listing().Matches(File.ReadAllText(ProgramRepository.PathOf(page))), listing =>
            Assert.True(
                sources.Any(source => source.Contains(Flatten(listing.Groups[1].Value), StringComparison.Ordinal)),
                $"{page}: no source has this listing:\n{listing.Groups[1].Value}"));
    }

    [Fact]
    public void The_page_has_listings() =>
        Assert.True(Listing().Count(File.ReadAllText(ProgramRepository.PathOf("docs", "embedding.md"))) > 5);

    private static string Flatten(string text) =>
        string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)) + "\n";

    [GeneratedRegex("```(?:csharp|json)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Listing();
}
