using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hawser.App.Verbs;

/// <summary>The command line does not make sense. The message says what would.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>The first thing that is wrong with a command line, and where to read how it goes.</summary>
    public static UsageException Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string see = $"; see '{Path(parsed.CommandResult)} --help'";
        string what = parsed.UnmatchedTokens switch
        {
            [] => parsed.Errors[0].Message.TrimEnd('.') + see,
            [['-', ..] option, ..] => $"unknown option '{option}'{Suggest(option, OptionsOf(command)) ?? see}",
            [var word, ..] when command.Subcommands.Count > 0 =>
                $"unknown command '{word}'{Suggest(word, command.Subcommands.Select(c => c.Name)) ?? see}",
            [var word, ..] => $"unexpected argument '{word}'{see}",
        };
        return new UsageException(what);
    }

    /// <summary>An option that an argument of several words has taken for one of them; null when there is
    /// none.</summary>
    public static UsageException? OfSwallowedOption(ParseResult parsed)
    {
        string? option = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .FirstOrDefault(word => word.StartsWith("--", StringComparison.Ordinal));
        return option is null
            ? null
            : new UsageException($"unknown option '{option}'"
                + (Suggest(option, OptionsOf(parsed.CommandResult.Command))
                    ?? $"; see '{Path(parsed.CommandResult)} --help'"));
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "hawser";

    private static IEnumerable<string> OptionsOf(Command command) => command.Options.Select(option => option.Name);

    private static string? Suggest(string typed, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(name => Distance(typed, name));
        return nearest is not null && Distance(typed, nearest) <= Math.Max(1, typed.Length / 3)
            ? $"; did you mean '{nearest}'?"
            : null;
    }

    /// <summary>The letters to insert, delete or replace to make one of the other (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 0; i < from.Length; i++)
        {
            int diagonal = row[0]++;
            for (int j = 0; j < to.Length; j++)
            {
                int replaced = diagonal + (from[i] == to[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], diagonal) + 1);
            }
        }
        return row[^1];
    }
}
