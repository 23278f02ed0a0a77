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
        string typed = Path(parsed.CommandResult);
        string what = parsed.UnmatchedTokens switch
        {
            [] => parsed.Errors[0].Message.TrimEnd('.'),
            [['-', ..] option, ..] => $"unknown option '{option}'",
            [var word, ..] when command.Subcommands.Count > 0 =>
                $"there is no '{typed} {word}'; use one of "
                    + string.Join(", ", command.Subcommands.Select(c => c.Name)),
            [var word, ..] => $"'{word}' is one word too many",
        };
        return new UsageException($"{what}; see '{typed} --help'");
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
            : new UsageException($"unknown option '{option}'; see '{Path(parsed.CommandResult)} --help'");
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "hawser";
}
