using System.CommandLine;

namespace Hawser.App.Verbs;

/// <summary>A verb or subcommand, with the content of its help page.</summary>
internal sealed class VerbCommand(string name, string summary) : Command(name, summary)
{
    private readonly List<(string Title, IReadOnlyList<Option> Options)> _groups = [];

    /// <summary>The options, grouped as the help page has them, the common ones first.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Option> Options)> Groups => _groups;

    /// <summary>The forms of the arguments where there are several, such as an exercise's own.</summary>
    public IReadOnlyList<string> Forms { get; init; } = [];

    /// <summary>Command lines to copy.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>The exit code of a usage error.</summary>
    public int MisuseExitCode { get; init; } = ExitCode.Misused;

    /// <summary>Adds options under a title.</summary>
    public void AddGroup(string title, params IReadOnlyList<Option> options)
    {
        _groups.Add((title, options));
        foreach (Option option in options)
            Add(option);
    }
}
