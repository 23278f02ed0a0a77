using System.CommandLine;
using System.CommandLine.Completions;
using Hawser.App.CommandLine;

namespace Hawser.App.Shell;

/// <summary>What a shell may complete a word to, from the model of the command line.</summary>
internal static class Candidates
{
    /// <summary>Stands for the names of files, which the shell knows better; after an option and <c>=</c>, for those
    /// with both before them.</summary>
    public const string Files = ":files";

    // The placeholders of values and arguments that are paths.
    private static readonly string[] Paths = ["FILE", "DIR", "DIR|FILE", "NAME|FILE", "PREFIX", "OLD", "NEW"];

    /// <summary>The candidates for the last word, each with its help.</summary>
    /// <param name="words">The words after the program's name; the last one may be empty.</param>
    /// <param name="createRoot">Creates the command line for these words.</param>
    public static IReadOnlyList<(string Word, string Help)> Of(
        IReadOnlyList<string> words, Func<string[], Command> createRoot)
    {
        string[] typed = words is ["help", ..] ? [.. words.Skip(1)] : [.. words];
        string current = typed is [.., var last] ? last : "";
        var at = new LinePosition(createRoot(typed));
        foreach (string word in typed.SkipLast(1))
            at.Pass(word);
        return [.. Next(at, current).Where(next =>
            next.Word.EndsWith(Files, StringComparison.Ordinal) || next.Word.StartsWith(current, StringComparison.Ordinal))];
    }

    private static IEnumerable<(string Word, string Help)> Next(LinePosition at, string current)
    {
        if (at.Awaiting is { } awaiting)
            return Values(awaiting, awaiting.HelpName);
        if (current.StartsWith('-') && !at.OnlyArguments)
        {
            int equals = current.IndexOf('=', StringComparison.Ordinal);
            return equals > 0 && at.Find(current[..equals]) is { } option
                ? Values(option, option.HelpName).Select(value => (current[..(equals + 1)] + value.Word, value.Help))
                : at.Options.Select(each => (each.Name, each.Description ?? ""));
        }
        IEnumerable<(string, string)> commands = at.Arguments > 0 || at.OnlyArguments
            ? []
            : at.Command.Subcommands.Select(inner => (inner.Name, inner.Description ?? ""));
        IList<Argument> arguments = at.Command.Arguments;
        return arguments is [.., var rest]
            ? commands.Concat(Next(at, at.Arguments < arguments.Count ? arguments[at.Arguments] : rest))
            : commands;
    }

    private static IEnumerable<(string Word, string Help)> Next(LinePosition at, Argument argument) =>
        argument.Arity.MaximumNumberOfValues > 1 || at.Arguments < at.Command.Arguments.Count
            ? Values(argument, argument.Name)
            : [];

    private static IEnumerable<(string Word, string Help)> Values(Symbol symbol, string? placeholder) =>
        symbol.GetCompletions(CompletionContext.Empty).Select(item => (item.InsertText ?? item.Label, ""))
            .Concat(Paths.Contains(placeholder) ? [(Files, "")] : []);
}
