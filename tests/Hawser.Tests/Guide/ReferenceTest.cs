using System.CommandLine;
using System.Text;
using Hawser.App.CommandLine;
using Hawser.App.Lab.Processes;
using Hawser.App.Output;
using Hawser.App.Verbs;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Guide;

/// <summary>The reference of the guide is made of the help pages.</summary>
/// <remarks>After a change, <c>HAWSER_GUIDE=update</c> in the environment writes it anew.</remarks>
public sealed class ReferenceTest
{
    private const int Width = 98;

    private static readonly string Page = ProgramRepository.PathOf("docs", "guide", "reference.md");

    public static TheoryData<string> Examples =>
        [.. Verbs().SelectMany(verb => (verb as VerbCommand)?.Examples ?? [])];

    [Fact]
    public void The_reference_is_the_help_of_every_verb()
    {
        string made = Make();
        if (Environment.GetEnvironmentVariable("HAWSER_GUIDE") == "update")
            File.WriteAllText(Page, made);
        Assert.Equal(made, File.ReadAllText(Page));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_of_the_help_is_a_command_line(string example)
    {
        // What the shell does with it is not the program's business.
        string[] words =
            [.. ShellWords.Split(example)[1..].TakeWhile(word => word is not ("<" or ">" or "|" or "&"))];

        Assert.StartsWith("hawser ", example[example.IndexOf("hawser", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Empty(VerbCatalog.CreateRoot(words).Parse(words).Errors);
    }

    private static string Make()
    {
        var page = new StringBuilder(
            """
            # Reference

            The help page of every verb, as `hawser help VERB` prints it. This page is generated:
            `HAWSER_GUIDE=update dotnet test -c Release`.

            """);
        foreach (Command verb in Verbs())
            page.Append($"\n## {PathOf(verb)}\n\n```\n{HelpPage.Of(verb, Width)}```\n");
        return page.ToString();
    }

    private static IEnumerable<Command> Verbs() => WithInner(VerbCatalog.CreateRoot([])).Skip(1);

    private static IEnumerable<Command> WithInner(Command command) =>
        command.Subcommands.SelectMany(WithInner).Prepend(command);

    private static string PathOf(Command command) =>
        command.Parents.FirstOrDefault() is Command parent and not RootCommand
            ? $"{PathOf(parent)} {command.Name}"
            : command.Name;
}
