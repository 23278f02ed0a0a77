using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hawser.App.CommandLine;

/// <summary>A usage error. The message names the option at fault and says what is accepted.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>The first error of a command line, in words of our own; null if there is none.</summary>
    public static UsageException? Of(ParseResult parsed, IEnumerable<string> words)
    {
        CommandResult at = parsed.CommandResult;
        // System.CommandLine would take the value for an argument.
        if (words.Select(word => FlagWithValue(word, at.Command)).FirstOrDefault(name => name is not null) is { } flag)
            return new UsageException($"{flag}: takes no value");
        if (SwallowedOptions(at).Concat(parsed.UnmatchedTokens).FirstOrDefault() is { } word)
            return new UsageException(Unexpected(word, at));
        return parsed.Errors is [var first, ..] ? new UsageException(Explain(first, at)) : null;
    }

    /// <summary>An option that stands before the subcommand and would be ignored there; null if there is none.</summary>
    public static UsageException? OfParents(ParseResult parsed)
    {
        CommandResult at = parsed.CommandResult;
        for (SymbolResult? parent = at.Parent; parent is CommandResult command; parent = parent.Parent)
        {
            if (command.Children.OfType<OptionResult>().FirstOrDefault(given => !given.Implicit) is { } given)
                return new UsageException($"{given.Option.Name}: place it after '{at.Command.Name}'");
        }
        return null;
    }

    /// <summary>Requires of <c>hawser help VERB...</c> that each word names a command.</summary>
    /// <exception cref="UsageException">One does not.</exception>
    public static void RequireCommand(ParseResult parsed, string[] words)
    {
        int depth = 0;
        for (SymbolResult? at = parsed.CommandResult.Parent; at is not null; at = at.Parent)
            depth++;
        if (depth >= words.Length)
            return;
        Command command = parsed.CommandResult.Command;
        throw new UsageException($"unknown command '{words[depth]}'"
            + (Suggest(words[depth], command.Subcommands.Select(inner => inner.Name)) ?? See(parsed.CommandResult)));
    }

    /// <summary>Reads input: its <see cref="FormatException"/> is a usage error.</summary>
    public static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Why a path cannot be read as a file; null when it can.</summary>
    public static string? WhyNoFile(string path) =>
        Directory.Exists(path) ? "is a folder, not a file" : File.Exists(path) ? null : "no such file";

    /// <exception cref="IOException">The path is a folder, or there is nothing.</exception>
    public static void RequireFile(string path)
    {
        if (WhyNoFile(path) is { } why)
            throw new IOException($"{path}: {why}");
    }

    /// <summary>The end of an error line that suggests the nearest known word; null if none is near.</summary>
    public static string? Suggest(string typed, IEnumerable<string> known) =>
        Nearest(typed, known) is { } nearest ? $"; did you mean '{nearest}'?" : null;

    /// <summary>The nearest known word; null if none is near.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(name => Distance(typed, name));
        return nearest is not null && Distance(typed, nearest) <= Math.Max(1, typed.Length / 3) ? nearest : null;
    }

    /// <summary>Unknown options among the values of arguments.</summary>
    private static IEnumerable<string> SwallowedOptions(CommandResult at) => at.Children.OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens)
        .Select(token => token.Value)
        .Where(word => word is ['-', not (>= '0' and <= '9'), ..]);

    /// <summary>The name of a flag that is given a value, as in <c>--json=yes</c>; null if it is none.</summary>
    private static string? FlagWithValue(string word, Command command) =>
        word.IndexOfAny(['=', ':']) is > 0 and var end
        && command.Options.FirstOrDefault(option => option.Name == word[..end] || option.Aliases.Contains(word[..end]))
            is { Arity.MaximumNumberOfValues: 0 } option ? option.Name : null;

    private static string Unexpected(string word, CommandResult at)
    {
        if (at.Command.Name == "serve" && word == "--port")
            return "unknown option '--port'; did you mean '--port-base'?";
        if (at.Command.Name == "serve" && word == "--model")
            return "--model needs a service: hawser serve ping --model epoll";
        if (Mistyped(at, word) is { } mistyped)
            return mistyped;
        if (at.Command.Arguments.FirstOrDefault(argument => word == $"--{argument.Name.ToLowerInvariant()}") is { } bare)
            return $"unknown option '{word}'; give {bare.Name} alone, without the name of an option";
        if (word is ['-', ..])
            return $"unknown option '{word}'{Suggest(word, at.Command.Options.Select(o => o.Name)) ?? See(at)}";
        if (word.All(char.IsAsciiDigit) && at.Command.Arguments is [{ Name: ServerArguments.Name }])
            return ServerAddress.NotAServer(word);
        if (word.All(char.IsAsciiDigit) && at.Command.Options.Any(option => option.Name == "--port"))
            return $"unexpected argument '{word}'; use --port {word}";
        return at.Command.Arguments.Count == 0 && at.Command.Subcommands.Count > 0
            ? $"unknown command '{word}'{See(at)}"
            : $"unexpected argument '{word}'{See(at)}";
    }

    /// <summary>Names a subcommand that was mistyped; null if none was. Where a verb takes arguments, it is the first of
    /// them.</summary>
    private static string? Mistyped(CommandResult at, string? unexpected = null)
    {
        string? first = at.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .FirstOrDefault()?.Value ?? unexpected;
        // An option speaks for the subcommands that have it.
        IEnumerable<Command> subcommands = unexpected is not ['-', ..]
            ? at.Command.Subcommands
            : at.Command.Subcommands.Where(command => command.Options.Any(option => option.Name == unexpected));
        return first is not null && Suggest(first, subcommands.Select(command => command.Name)) is { } suggestion
            ? $"unknown command '{first}'{suggestion}"
            : null;
    }

    private static string Explain(ParseError error, CommandResult at) => error.SymbolResult switch
    {
        OptionResult { Option: VersionOption } => "--version: give it alone",
        OptionResult { IdentifierTokenCount: > 1, Option.Arity.MaximumNumberOfValues: 1 } twice =>
            $"{twice.Option.Name}: given {twice.IdentifierTokenCount} times; give it once",
        OptionResult { IdentifierTokenCount: 0 } absent => $"missing option {absent.Option.Name}{See(at)}",
        OptionResult { Tokens.Count: 0 } bare => $"{bare.Option.Name}: missing value{See(at)}",
        ArgumentResult { Tokens.Count: 0 } missing => Mistyped(at) ?? $"missing argument {missing.Argument.Name}{See(at)}",
        // From the option's own parser.
        _ => error.Message,
    };

    private static string See(CommandResult result) => $"; see '{Path(result)} --help'";

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "hawser";

    /// <summary>The edit distance with swaps (optimal string alignment).</summary>
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
