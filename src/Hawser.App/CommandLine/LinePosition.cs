using System.CommandLine;

namespace Hawser.App.CommandLine;

/// <summary>A place between two words of a command line: what was read before it, and how the next word reads.</summary>
internal sealed class LinePosition(Command root)
{
    private readonly Command _root = root;

    /// <summary>The command that the words so far have named.</summary>
    public Command Command { get; private set; } = root;

    /// <summary>The option whose value the next word is to be; null for none.</summary>
    public Option? Awaiting { get; private set; }

    /// <summary>The arguments of the command so far.</summary>
    public int Arguments { get; private set; }

    /// <summary>The word <c>--</c> was read: no option follows, and no subcommand.</summary>
    public bool OnlyArguments { get; private set; }

    /// <summary>The command's own options, and those of all commands.</summary>
    public IEnumerable<Option> Options => Command == _root
        ? _root.Options
        : Command.Options.Concat(_root.Options.Where(option => option.Recursive));

    /// <summary>An option by its name or alias; null for none.</summary>
    public Option? Find(string name) =>
        Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    /// <summary>Whether the word is an option, known or not. A negative number is none, nor is <c>-</c>, the standard
    /// input.</summary>
    public bool IsOption(string word) => !OnlyArguments && word is ['-', not (>= '0' and <= '9'), ..];

    /// <summary>Whether the word cannot be the value of the option before it: it begins with two dashes, or is the alias
    /// of an option.</summary>
    public bool IsNoValue(string word) => word.StartsWith("--", StringComparison.Ordinal) || Find(word) is not null;

    /// <summary>Whether the option takes a value.</summary>
    public static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0;

    /// <summary>The name and the value of an option like <c>--port=80</c> or <c>--port:80</c>; no value for another
    /// word.</summary>
    public static (string Name, string? Value) Split(string word) => word.IndexOfAny(['=', ':']) is > 0 and var end
        ? (word[..end], word[(end + 1)..])
        : (word, null);

    /// <summary>Moves past a word.</summary>
    public void Pass(string word)
    {
        bool isValue = Awaiting is not null && !IsNoValue(word);
        Awaiting = null;
        if (isValue)
            return;
        if (word == "--" && !OnlyArguments)
            OnlyArguments = true;
        else if (IsOption(word))
            Awaiting = Find(word) is { } option && TakesValue(option) ? option : null;
        else if (SubcommandOf(word) is { } inner)
            (Command, Arguments) = (inner, 0);
        else
            Arguments++;
    }

    /// <summary>The subcommand that the next word names, even after an argument; null for none.</summary>
    public Command? SubcommandOf(string word) =>
        OnlyArguments ? null : Command.Subcommands.FirstOrDefault(inner => inner.Name == word);
}
