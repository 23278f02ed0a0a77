using System.CommandLine;

namespace Hawser.App.CommandLine;

/// <summary>A verb or subcommand, with the content of its help page.</summary>
internal class VerbCommand(string name, string summary) : Command(name, summary)
{
    private readonly List<(string Title, IReadOnlyList<Option> Options)> _groups = [];

    /// <summary>The options, grouped as the help page has them, the common ones first.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Option> Options)> Groups => _groups;

    /// <summary>The forms of the arguments where there are several, such as an exercise's own.</summary>
    public IReadOnlyList<string> Forms { get; init; } = [];

    /// <summary>What keys do while it runs.</summary>
    public IReadOnlyList<(string Key, string Text)> Keys { get; init; } = [];

    /// <summary>Command lines to copy.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>The exit code of a usage error.</summary>
    public int MisuseExitCode { get; init; } = ExitCode.Misused;

    /// <summary>What to use in place of a word that the command does not take; null if nothing comes near.</summary>
    public Func<string, string?>? Remedy { get; set; }

    /// <summary>Runs the command, instead of its action: it completes the command line, reports its errors and returns
    /// the exit code. Takes the command line and its words.</summary>
    public Func<ParseResult, IReadOnlyList<string>, Task<int>>? Run
    {
        get;
        set
        {
            field = value;
            // Without an action, the parser asks for a subcommand.
            SetAction(_ => { });
        }
    }

    /// <summary>The program and the words that lead to a command.</summary>
    public static string PathOf(Command command) =>
        command.Parents.FirstOrDefault() is Command parent ? $"{PathOf(parent)} {command.Name}" : "hawser";

    /// <summary>Adds options under a title.</summary>
    public void AddGroup(string title, params IReadOnlyList<Option> options)
    {
        _groups.Add((title, options));
        foreach (Option option in options)
            Add(option);
    }
}
