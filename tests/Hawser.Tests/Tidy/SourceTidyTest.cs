using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Tidy;

/// <summary>The house rules that a machine can hold.</summary>
public sealed partial class SourceTidyTest
{
    // Lines of a type, without its comment, that may stand in the file of another.
    private const int LongestBeside = 20;

    private static readonly string[] AllCode = ["src", "tests"];

    [Fact]
    public void A_file_has_at_most_400_lines() => AssertNone(AllCode, (name, lines) =>
        lines.Length > 400 ? $"has {lines.Length} lines" : null);

    [Fact]
    public void A_file_is_named_after_its_type_and_holds_only_short_ones_beside_it() =>
        AssertNone(AllCode, (name, lines) =>
        {
            // Namespaces are file-scoped, so that what begins in the first column is not nested.
            (string Type, int Line)[] types =
            [
                .. lines.Index().Select(line => (Match: TypeDeclaration().Match(line.Item), line.Index))
                    .Where(found => found.Match.Success)
                    .Select(found => (found.Match.Groups["name"].Value, found.Index)),
            ];
            // A part of a type is named Type.Part.cs.
            string expected = Path.GetFileName(name).Split('.')[0];
            string[] longer =
            [
                .. types.Where(type => type.Type != expected && LengthOf(lines, type.Line) > LongestBeside)
                    .Select(type => type.Type),
            ];
            return types.Length > 0 && types.All(type => type.Type != expected) ? $"declares {types[0].Type}"
                : longer.Length > 0 ? $"declares {string.Join(", ", longer)}"
                : null;
        });

    [Fact]
    public void The_code_contains_no_to_do_marks()
    {
        // In halves, so that this file passes its own test.
        string[] marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "XX" + "X"];
        AssertNone(AllCode, (_, lines) => FirstLine(lines, line =>
            marks.Any(mark => Regex.IsMatch(line, $@"\b{mark}\b"))));
    }

    [Fact]
    public void No_thread_sleeps() => AssertNone(AllCode, (_, lines) => FirstLine(lines, line =>
        line.Contains("Thread." + "Sleep", StringComparison.Ordinal)));

    [Fact]
    public void Handlers_use_no_blocking_calls_Task_Run_or_sockets() => AssertNone(["src"], (name, lines) =>
        name.EndsWith("Handler.cs", StringComparison.Ordinal)
            ? FirstLine(lines, line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Blocking().IsMatch(line))
            : null);

    /// <summary>A new model is held to every test: theories take models from the list, by what they promise.</summary>
    [Fact]
    public void No_theory_lists_models_by_name() => AssertNone(
        ["tests/Hawser.Tests/Conformance", "tests/Hawser.Tests/Engine", "tests/Hawser.Tests/Services"],
        (_, lines) => FirstLine(lines, line => ConcurrencyModels.All.Any(model =>
            line.Contains($"InlineData(\"{model.Name}\"", StringComparison.Ordinal))));

    [Fact]
    public void No_source_file_has_a_vague_name() => AssertNone(["src"], (name, _) =>
        EmptyName().Match(Path.GetFileNameWithoutExtension(name)) is { Success: true } match
            ? $"is named {match.Value}"
            : null);

    [Fact]
    public void References_run_from_the_program_to_the_services_to_the_engine()
    {
        Assert.Equal([], ReferencesOf("Hawser", "ProjectReference"));
        Assert.Equal([], ReferencesOf("Hawser", "PackageReference"));
        Assert.Equal(["Hawser.csproj"], ReferencesOf("Hawser.Services", "ProjectReference"));
        Assert.Equal(["Hawser.csproj"], ReferencesOf("Hawser.Hosting", "ProjectReference"));
        Assert.Equal(["Hawser.Hosting.csproj"], ReferencesOf("Hawser.Kestrel", "ProjectReference"));
        Assert.Equal(["Hawser.Services.csproj"], ReferencesOf("Hawser.Cluster", "ProjectReference"));
        Assert.Equal(
            ["Hawser.Services.csproj", "Hawser.Cluster.csproj"], ReferencesOf("Hawser.App", "ProjectReference"));
    }

    private static string[] ReferencesOf(string project, string kind) =>
    [
        .. XDocument.Load(ProgramRepository.PathOf("src", project, $"{project}.csproj")).Descendants(kind)
            .Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/').Split('/')[^1]),
    ];

    /// <summary>No file breaks the rule; those that do are named, with how.</summary>
    private static void AssertNone(string[] folders, Func<string, string[], string?> complaint)
    {
        string[] files = [.. ProgramRepository.SourceFiles(folders)];
        Assert.True(files.Length > 50);
        Assert.Empty(
            from name in files
            let broken = complaint(name, File.ReadAllLines(ProgramRepository.PathOf(name)))
            where broken is not null
            select $"{name} {broken}");
    }

    private static int LengthOf(string[] lines, int start)
    {
        int end = Array.FindIndex(lines, start, line => line.StartsWith('{') || line.EndsWith(';'));
        if (lines[end].StartsWith('{'))
            end = Array.FindIndex(lines, end, line => line.StartsWith('}'));
        return end - start + 1;
    }

    private static string? FirstLine(string[] lines, Predicate<string> isBad)
    {
        int index = Array.FindIndex(lines, isBad);
        return index < 0 ? null : $"line {index + 1}: {lines[index].Trim()}";
    }

    [GeneratedRegex(@"^(?=[a-z])[a-z\s]*\b(class|struct|interface|enum|record(\s+(class|struct))?|delegate\s+\S+)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"ConfigureAwait\(false\)|\bTask\.Run\b|\.Result\b|\.Wait\(\)|\.GetResult\(\)|\bSocket\b")]
    private static partial Regex Blocking();

    [GeneratedRegex("(Manager|Helper|Helpers|Utils?|Utilities|Base|Impl|Info|Data|Processor)$")]
    private static partial Regex EmptyName();
}
