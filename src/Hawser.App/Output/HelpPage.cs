using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using Hawser.App.CommandLine;

namespace Hawser.App.Output;

/// <summary>The help of a command: usage, arguments, subcommands, options by group, keys, examples.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    // Off a terminal.
    private const int DefaultWidth = 100;
    private const int LeastWidth = 40;
    private const int WidestLabel = 30;
    private const int Gap = 2;

    public override int Invoke(ParseResult parseResult)
    {
        int width = Console.IsOutputRedirected || Console.WindowWidth <= 0 ? DefaultWidth : Console.WindowWidth;
        Standard.Out.Write(Of(parseResult.CommandResult.Command, Math.Max(LeastWidth, width)));
        return ExitCode.Done;
    }

    /// <summary>The page. Only a single word or an example is wider than <paramref name="width"/>.</summary>
    public static string Of(Command command, int width)
    {
        var page = new StringBuilder();
        Wrap(page, command.Description!, 0, width);
        page.Append('\n');
        string start = "Usage: ";
        foreach (string usage in Usages(command))
        {
            page.Append(start);
            Wrap(page, usage, "Usage: ".Length, width);
            start = "       ";
        }
        Table(page, "Arguments", command.Arguments.Select(entry => (entry.Name, entry.Description!)), width);
        if (command.Subcommands.Count > 0)
            Table(page, "Commands", command.Subcommands.Select(entry => (entry.Name, entry.Description!)), width);
        foreach ((string title, IReadOnlyList<Option> options) in (command as VerbCommand)?.Groups ?? [])
            Table(page, title, options.Select(option => (Label(option), Text(option))), width);
        Table(page, "Keys", (command as VerbCommand)?.Keys ?? [], width);
        if (command is VerbCommand { Examples: { Count: > 0 } examples })
        {
            page.Append("\nExamples:\n");
            foreach (string example in examples)
                page.Append($"  {example}\n");
        }
        if (command.Subcommands.Count > 0)
            Wrap(page.Append('\n'), $"See '{VerbCommand.PathOf(command)} COMMAND --help' for each command.", 0, width);
        return page.ToString();
    }

    /// <summary>How the command is called, a line for each form.</summary>
    public static IEnumerable<string> Usages(Command command)
    {
        string path = VerbCommand.PathOf(command);
        if (command is not VerbCommand verb)
        {
            yield return $"{path} COMMAND [options]";
            yield break;
        }
        string options = verb.Groups.Count > 0 ? " [options]" : "";
        string required = string.Concat(verb.Options.Where(option => option.Required)
            .Select(option => $" {option.Name} {option.HelpName}"));
        string arguments = string.Concat(verb.Arguments.Select(argument => " " + Placeholder(argument)));
        foreach (string form in verb.Forms.Count > 0 ? verb.Forms.Select(form => " " + form) : [arguments])
            yield return $"{path}{options}{required}{form}";
        foreach (Command inner in verb.Subcommands.Count > 2 ? [] : verb.Subcommands)
        {
            foreach (string usage in Usages(inner))
                yield return usage;
        }
        if (verb.Subcommands.Count > 2)
            yield return $"{path} COMMAND [options]";
    }

    private static string Placeholder(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 || argument.HasDefaultValue ? $"[{name}]" : name;
    }

    /// <summary>The names of an option, the short form first, as people type it.</summary>
    public static IEnumerable<string> Names(Option option) =>
        option.Aliases.Append(option.Name).Order(StringComparer.Ordinal)
            .OrderBy(name => name.StartsWith("--", StringComparison.Ordinal))
            .ThenBy(name => name != option.Name);

    /// <summary>The help of an option.</summary>
    public static string Text(Option option) =>
        option.Required ? $"{option.Description} [required]" : option.Description!;

    private static string Label(Option option) =>
        string.Join(", ", Names(option)) + (option.HelpName is null ? "" : $" {option.HelpName}");

    private static void Table(
        StringBuilder page, string title, IEnumerable<(string Label, string Text)> entries, int width)
    {
        (string Label, string Text)[] rows = [.. entries];
        if (rows.Length == 0)
            return;
        int column = Gap + Math.Min(WidestLabel, rows.Max(row => row.Label.Length)) + Gap;
        page.Append($"\n{title}:\n");
        foreach ((string label, string text) in rows)
        {
            page.Append(' ', Gap).Append(label);
            if (Gap + label.Length + Gap > column)
                page.Append('\n').Append(' ', column);
            else
                page.Append(' ', column - Gap - label.Length);
            Wrap(page, text, column, width);
        }
    }

    /// <summary>Appends words, wrapped at the current column.</summary>
    private static void Wrap(StringBuilder page, string text, int column, int width)
    {
        int at = column;
        foreach (string word in text.Split(' '))
        {
            if (at > column && at + 1 + word.Length > width)
            {
                page.Append('\n').Append(' ', column);
                at = column;
            }
            if (at > column)
            {
                page.Append(' ');
                at++;
            }
            page.Append(word);
            at += word.Length;
        }
        page.Append('\n');
    }
}
