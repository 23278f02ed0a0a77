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
        string see = See(parsed.CommandResult);
        string what = parsed.UnmatchedTokens switch
        {
            [] => parsed.Errors[0].Message.TrimEnd('.') + see,
            [['-', ..] option, ..] => UnknownOption(option, parsed.CommandResult),
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
            .FirstOrDefault(word => word is ['-', not (>= '0' and <= '9'), ..]);
        return option is null ? null : new UsageException(UnknownOption(option, parsed.CommandResult));
    }

    private static string UnknownOption(string option, CommandResult result)
    {
        IEnumerable<string> known = result.Command.Options.Select(entry => entry.Name);
        return $"unknown option '{option}'{Suggest(option, known) ?? See(result)}";
    }

    private static string See(CommandResult result) => $"; see '{Path(result)} --help'";

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "hawser";

    private static string? Suggest(string typed, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(name => Distance(typed, name));
        return nearest is not null && Distance(typed, nearest) <= Math.Max(1, typed.Length / 3)
            ? $"; did you mean '{nearest}'?"
            : null;
    }

    /// <summary>The letters to insert, delete, replace or swap to make one of the other (optimal string
    /// alignment).</summary>
    private static int Distance(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }
                int replaced = edits[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                int best = Math.Min(replaced, Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1);
                bool isSwap = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                edits[i, j] = isSwap ? Math.Min(best, edits[i - 2, j - 2] + 1) : best;
            }
        }
        return edits[from.Length, to.Length];
    }
}
