using System.CommandLine;

namespace Hawser.App.CommandLine;

/// <summary>Checks the words of a command line one by one, before anything completes it: options, their places and that
/// each has its value, and subcommands. System.CommandLine takes any word for the value of the option before
/// it.</summary>
internal sealed class WordCheck
{
    private readonly LinePosition _at;
    private readonly ParseResult _parsed;

    // No subcommand may follow them.
    private Option? _option;
    private string? _argument;

    // Took the name of a subcommand as its value.
    private (Option Option, string Value)? _greedy;

    private WordCheck(ParseResult parsed)
    {
        _at = new LinePosition(parsed.RootCommandResult.Command);
        _parsed = parsed;
    }

    /// <summary>The command that runs.</summary>
    private Command Meant => _parsed.CommandResult.Command;

    /// <exception cref="UsageException">A word is wrong.</exception>
    public static void Check(ParseResult parsed, IEnumerable<string> words)
    {
        var check = new WordCheck(parsed);
        foreach (string word in words)
        {
            if (check.MistakeIn(word) is { } mistake)
                throw new UsageException(mistake);
            check._at.Pass(word);
        }
        if (check._at.Awaiting is { } last)
            throw new UsageException($"{last.Name}: missing value{UsageCheck.See(check._at.Command)}");
    }

    private string? MistakeIn(string word) => word switch
    {
        _ when _at.Awaiting is { } option => MistakeInValue(option, word),
        "--" when !_at.OnlyArguments => null,
        _ when _at.IsOption(word) => MistakeInOption(word),
        _ when _at.SubcommandOf(word) is not null => MistakeBefore(word),
        _ => MistakeInArgument(word),
    };

    private string? MistakeInValue(Option option, string word)
    {
        if (_at.SubcommandOf(word) is not null)
            _greedy = (option, word);
        if (!_at.IsNoValue(word))
            return null;
        string name = LinePosition.Split(word).Name;
        return name == "--" || _at.Find(name) is not null
            ? $"{option.Name}: missing value before '{name}'"
            : $"{option.Name}: missing value before unknown option '{name}'" + UsageCheck.Suggest(name, _at.Command);
    }

    private string? MistakeInOption(string word)
    {
        (string name, string? value) = LinePosition.Split(word);
        // The value may follow -n at once.
        if ((_at.Find(name) ?? (word[1] == '-' ? null : _at.Find(word[..2]))) is not { } option)
            return MistakeInUnknown(name);
        if (value is not null && !LinePosition.TakesValue(option))
            return $"{option.Name}: takes no value";
        if (!option.Recursive && option is not VersionOption)
            _option ??= option;
        return null;
    }

    private string? MistakeBefore(string subcommand) =>
        _option is not null ? Misplaced(_option.Name)
        : _argument is not null ? $"unexpected argument '{_argument}' before '{subcommand}'{UsageCheck.See(Meant)}"
        : null;

    private string? MistakeInArgument(string word)
    {
        _argument ??= word;
        return _at.Command.Arguments.Count > 0 ? null
            : _greedy is { } greedy ? $"{greedy.Option.Name}: missing value before '{greedy.Value}'"
            : UsageCheck.Unexpected(word, _at.Command);
    }

    private string MistakeInUnknown(string name) =>
        Meant != _at.Command && UsageCheck.Has(Meant, name) ? Misplaced(name) : UsageCheck.Unknown(name, Meant, _parsed);

    private string Misplaced(string name) => UsageCheck.Has(Meant, name)
        ? $"{name}: place it after '{Meant.Name}'"
        : $"{name}: does not apply to '{VerbCommand.PathOf(Meant)}'{UsageCheck.See(Meant)}";
}
