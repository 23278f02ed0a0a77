using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hawser.App.CommandLine;

/// <summary>Checks a command line that is complete, and puts its first error into words of our own.</summary>
internal static class UsageCheck
{
    /// <summary>Checks the values, and that nothing is missing or in excess; <see cref="WordCheck"/> comes first.</summary>
    /// <exception cref="UsageException">The line is wrong.</exception>
    public static void Check(ParseResult parsed)
    {
        // A bad argument stands before those in excess.
        ParseError? bad = parsed.Errors.FirstOrDefault(
            error => error.SymbolResult is ArgumentResult { Tokens.Count: > 0 });
        if (bad is null && parsed.UnmatchedTokens is [var word, ..])
            throw new UsageException(Mistyped(parsed) ?? Unexpected(word, parsed.CommandResult.Command));
        if (parsed.Errors is [var first, ..])
            throw new UsageException(Explain(bad ?? first, parsed));
    }

    /// <summary>Requires of <c>hawser help VERB...</c> that each word names a command.</summary>
    /// <exception cref="UsageException">One does not.</exception>
    public static void RequireCommand(ParseResult parsed, string[] words)
    {
        int depth = 0;
        for (SymbolResult? at = parsed.CommandResult.Parent; at is not null; at = at.Parent)
            depth++;
        if (depth < words.Length)
            throw new UsageException(UnknownCommand(words[depth], parsed.CommandResult.Command));
    }

    /// <summary>The error message for an option that the command does not have.</summary>
    public static string Unknown(string name, Command command, ParseResult parsed)
    {
        if (Mistyped(parsed, name) is { } mistyped)
            return mistyped;
        if (command.Arguments.FirstOrDefault(argument => name == $"--{argument.Name.ToLowerInvariant()}") is { } bare)
            return $"unknown option '{name}'; give {bare.Name} alone, without the name of an option";
        if ((command as VerbCommand)?.Remedy?.Invoke(name) is { } remedy)
            return $"unknown option '{name}'; use {remedy}";
        return command.Subcommands.FirstOrDefault(inner => Has(inner, name)) is { } owner && NearestTo(name, command) is null
            ? $"{name}: needs a subcommand, as in '{VerbCommand.PathOf(owner)} {name}'"
            : $"unknown option '{name}'{Suggest(name, command)}";
    }

    /// <summary>The end of an error line that suggests an option of the command, or else its help.</summary>
    public static string Suggest(string name, Command command) =>
        NearestTo(name, command) is { } near ? $"; did you mean '{near}'?" : See(command);

    /// <summary>The error message for an argument that the command does not take.</summary>
    public static string Unexpected(string word, Command command)
    {
        // Only behind -- do they come as arguments.
        if (command.Options.Concat<Symbol>(command.Subcommands).Any(symbol => symbol.Name == word))
            return $"unexpected argument '{word}'; place it before '--'";
        if ((command as VerbCommand)?.Remedy?.Invoke(word) is { } remedy)
            return $"unexpected argument '{word}'; use {remedy}";
        if (ServerAddress.IsNumber(word) && command.Arguments is [{ Name: ServerArguments.Name }])
            return ServerAddress.NotAServer(word);
        return command.Arguments.Count == 0 && command.Subcommands.Count > 0
            ? UnknownCommand(word, command)
            : $"unexpected argument '{word}'{See(command)}";
    }

    /// <summary>Whether the command has an option of its own of this name.</summary>
    public static bool Has(Command command, string name) => command.Options.Any(option => option.Name == name);

    /// <summary>The end of an error line that refers to the help of a command.</summary>
    public static string See(Command command) => $"; see '{VerbCommand.PathOf(command)} --help'";

    /// <summary>The only option that begins like this, or else the nearest; null if none is near.</summary>
    private static string? NearestTo(string name, Command command)
    {
        string[] known = [.. command.Options.Select(option => option.Name)];
        return Array.FindAll(known, option => option.StartsWith(name, StringComparison.Ordinal)) is [var longer]
            ? longer
            : UsageException.Nearest(name, known);
    }

    private static string UnknownCommand(string word, Command command) => $"unknown command '{word}'"
        + (UsageException.Suggest(word, command.Subcommands.Select(inner => inner.Name)) ?? See(command));

    /// <summary>Names a subcommand that was mistyped; null if none was. Where a verb takes arguments, it is the first of
    /// them.</summary>
    private static string? Mistyped(ParseResult parsed, string? option = null)
    {
        string? first = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .FirstOrDefault()?.Value;
        // An option speaks for the subcommands that have it.
        IEnumerable<Command> subcommands = parsed.CommandResult.Command.Subcommands.Where(command =>
            option is null || Has(command, option));
        string? near = first is null
            ? null
            : UsageException.Suggest(first, subcommands.Select(command => command.Name));
        return near is null ? null : $"unknown command '{first}'{near}";
    }

    private static string Explain(ParseError error, ParseResult parsed)
    {
        string see = See(parsed.CommandResult.Command);
        return error.SymbolResult switch
        {
            OptionResult { Option: VersionOption } => "--version: give it alone",
            OptionResult { IdentifierTokenCount: > 1, Option.Arity.MaximumNumberOfValues: 1 } twice =>
                $"{twice.Option.Name}: given {twice.IdentifierTokenCount} times; give it once",
            OptionResult { IdentifierTokenCount: 0 } absent => $"missing option {absent.Option.Name}{see}",
            // As in --port=
            OptionResult { Tokens.Count: 0 } bare => $"{bare.Option.Name}: missing value{see}",
            ArgumentResult { Tokens.Count: 0 } missing =>
                Mistyped(parsed) ?? $"missing argument {missing.Argument.Name}{see}",
            // From the option's own parser.
            _ => error.Message,
        };
    }
}
