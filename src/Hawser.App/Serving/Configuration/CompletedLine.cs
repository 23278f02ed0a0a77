using System.CommandLine;
using System.CommandLine.Parsing;
using Hawser.App.CommandLine;

namespace Hawser.App.Serving.Configuration;

/// <summary>A command line, completed by settings from elsewhere, and where each value comes from.</summary>
internal sealed class CompletedLine
{
    private readonly Dictionary<string, Setting> _settings = [];

    /// <summary>Completes a command line.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="given">The words, parsed.</param>
    /// <param name="settings">The first of a name counts, unless the command line has it.</param>
    /// <exception cref="UsageException">The command line, or a value of a setting, is invalid.</exception>
    public CompletedLine(IReadOnlyList<string> words, ParseResult given, IEnumerable<Setting> settings)
    {
        foreach (Setting setting in settings)
        {
            if (!IsGiven(given, setting.Name))
                _settings.TryAdd(setting.Name, setting);
        }
        Command command = given.CommandResult.Command;
        // Their values may look like options.
        string[] all =
        [
            .. words.TakeWhile(IsNoEnd), .. command.Options.SelectMany(Words), "--",
            .. words.SkipWhile(IsNoEnd).Skip(1), .. command.Arguments.SelectMany(Words),
        ];
        Parsed = _settings.Count == 0
            ? given
            : given.RootCommandResult.Command.Parse(all, given.Configuration);
        Guard(() =>
        {
            UsageCheck.Check(Parsed);
            return Parsed;
        });

        static bool IsNoEnd(string word) => word != "--";
    }

    /// <summary>The whole command line.</summary>
    public ParseResult Parsed { get; }

    /// <summary>Reads the command line: an error names where the value comes from.</summary>
    /// <exception cref="UsageException">A value is invalid.</exception>
    public T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (UsageException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>Where the value of an option comes from.</summary>
    public string OriginOf(Option option) =>
        _settings.TryGetValue(Setting.NameOf(option), out Setting? setting) ? setting.Origin
        : Parsed.Has(option) ? option.Name
        : Setting.Default;

    /// <summary>The values of all options and where they come from, in the order of the help.</summary>
    public IEnumerable<(string Name, string Value, string Origin)> Describe()
    {
        Command command = Parsed.CommandResult.Command;
        foreach (Symbol symbol in command.Arguments.Concat<Symbol>(command.Options).Except(ProcessOptions.OfConfiguration))
        {
            string name = Setting.NameOf(symbol);
            string? preset = symbol is Option option ? VerbOptions.DefaultOf(option) : null;
            if (_settings.TryGetValue(name, out Setting? setting))
                yield return (name, string.Join(", ", setting.Values), setting.Origin);
            else if (IsGiven(Parsed, name))
                yield return (name, string.Join(", ", TokensOf(Parsed, symbol)), "command line");
            else if (preset is not null)
                yield return (name, preset, Setting.Default);
        }
    }

    private static bool IsGiven(ParseResult parsed, string name)
    {
        Command command = parsed.CommandResult.Command;
        return command.Arguments.Concat<Symbol>(command.Options).FirstOrDefault(symbol => Setting.NameOf(symbol) == name)
            switch
        {
            Option option => parsed.Has(option),
            Argument argument => parsed.GetResult(argument) is { Tokens.Count: > 0 },
            _ => false,
        };
    }

    private static IEnumerable<string> TokensOf(ParseResult parsed, Symbol symbol)
    {
        IReadOnlyList<Token> tokens = symbol switch
        {
            Option option => parsed.GetResult(option)!.Tokens,
            _ => parsed.GetResult((Argument)symbol)!.Tokens,
        };
        return tokens.Count == 0 ? ["true"] : tokens.Select(token => token.Value);
    }

    private IEnumerable<string> Words(Option option)
    {
        if (!_settings.TryGetValue(Setting.NameOf(option), out Setting? setting))
            return [];
        bool isSwitch = option.Arity.MaximumNumberOfValues == 0;
        return setting.Values switch
        {
            _ when !isSwitch => setting.Values.Select(value => $"{option.Name}={value}"),
            ["true"] => [option.Name],
            ["false"] => [],
            _ => throw Explain(new UsageException($"{option.Name}: expected true or false")),
        };
    }

    private IEnumerable<string> Words(Argument argument) =>
        _settings.TryGetValue(Setting.NameOf(argument), out Setting? setting) ? setting.Values : [];

    /// <summary>Names the origin of a value in place of its option.</summary>
    private UsageException Explain(UsageException mistaken)
    {
        foreach ((string name, Setting setting) in _settings)
        {
            if (!mistaken.Message.StartsWith($"--{name}: ", StringComparison.Ordinal)
                && !mistaken.Message.StartsWith($"{name.ToUpperInvariant()}: ", StringComparison.Ordinal))
                continue;
            string why = mistaken.Message[(mistaken.Message.IndexOf(':', StringComparison.Ordinal) + 2)..];
            bool isOption = setting.Origin is ['-', '-', ..] || setting.Origin == ServeEnvironment.NameOf(name);
            return new UsageException(isOption ? $"{setting.Origin}: {why}" : $"{setting.Origin}: {name}: {why}");
        }
        return mistaken;
    }
}
