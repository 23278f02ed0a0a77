using System.CommandLine;
using System.CommandLine.Parsing;
using Hawser.App.Reloading;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.App.CommandLine;

/// <summary>Creates options and arguments. Each parses and checks its own value; its error begins with its
/// name.</summary>
internal static class VerbOptions
{
    /// <summary>The title of an <see cref="VerbCommand"/>'s first group.</summary>
    public const string Common = "Options";

    /// <summary>An option whose value <paramref name="parse"/> reads.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="valueName">The placeholder of the value in the help.</param>
    /// <param name="help">One line.</param>
    /// <param name="parse">Throws <see cref="FormatException"/> for an invalid value.</param>
    /// <param name="defaultText">The default, as users type it; null for none.</param>
    /// <param name="aliases">Other names.</param>
    public static Option<T> Value<T>(
        string name, string valueName, string help, Func<string, T> parse, string? defaultText = null,
        params string[] aliases)
    {
        var option = new ValueOption<T>(name, aliases)
        {
            DefaultText = defaultText,
            Description = WithDefault(help, defaultText),
            HelpName = valueName,
            CustomParser = result => Parse(name, result, parse),
        };
        // Of an enumeration, these would be its members' names.
        option.CompletionSources.Clear();
        if (defaultText is not null)
            option.DefaultValueFactory = _ => parse(defaultText);
        return option;
    }

    /// <summary>Names all values of an option, for completion.</summary>
    public static Option<T> WithChoices<T>(this Option<T> option, IEnumerable<string> values)
    {
        option.CompletionSources.Add([.. values]);
        return option;
    }

    /// <summary>Any text but an empty one.</summary>
    public static Option<string> Text(
        string name, string valueName, string help, string? defaultText = null, params string[] aliases) =>
        Value(name, valueName, help, text => text, defaultText, aliases);

    /// <summary>An option that may be given several times.</summary>
    /// <inheritdoc cref="Value"/>
    public static Option<T[]> Values<T>(string name, string valueName, string help, Func<string, T> parse) => new(name)
    {
        Description = help,
        HelpName = valueName,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => Parse(name, result, token.Value, parse)!)],
    };

    /// <summary>Any texts but empty ones.</summary>
    public static Option<string[]> Texts(string name, string valueName, string help) =>
        Values(name, valueName, help, text => text);

    /// <summary>A duration, like <c>500ms</c>.</summary>
    public static Option<TimeSpan> Duration(
        string name, string help, string defaultText, params string[] aliases) =>
        Value(name, "TIME", help, Quantity.ParseDuration, defaultText, aliases);

    /// <summary>A duration above 0, or <c>never</c>.</summary>
    public static Option<TimeSpan> Timeout(
        string name, string help, string? defaultText, params string[] aliases) =>
        Value(name, "TIME", help, ParseTimeout, defaultText, aliases);

    /// <summary>A whole number within bounds.</summary>
    public static Option<int> Int(
        string name, string help, int min, int max, string? defaultText, params string[] aliases) =>
        Value(name, "N", help, text => Quantity.ParseInt(text, "number", min, max), defaultText, aliases);

    /// <summary>A whole number within bounds; null when it is not given.</summary>
    public static Option<int?> OptionalInt(string name, string help, int min, int max, params string[] aliases) =>
        Value<int?>(name, "N", help, text => Quantity.ParseInt(text, "number", min, max), null, aliases);

    /// <summary>A switch.</summary>
    public static Option<bool> Flag(string name, string help, params string[] aliases) =>
        new(name, aliases) { Description = help, Arity = ArgumentArity.Zero };

    /// <summary>A concurrency model by its name or alias.</summary>
    public static Option<ConcurrencyModel> Model(string defaultText)
    {
        IEnumerable<string> names = ConcurrencyModels.All.Select(model =>
            model.Aliases is [] ? model.Name : $"{model.Name} ({string.Join(", ", model.Aliases)})");
        Option<ConcurrencyModel> option =
            Value("--model", "MODEL", string.Join(", ", names), ParseModel, defaultText);
        option.CompletionSources.Add(
            [.. ConcurrencyModels.All.SelectMany(model => model.Aliases.Prepend(model.Name))]);
        return option;
    }

    /// <summary>An argument whose value <paramref name="parse"/> reads.</summary>
    /// <inheritdoc cref="Value"/>
    public static Argument<T> Argument<T>(
        string name, string help, Func<string, T> parse, string? defaultText = null)
    {
        var argument = new Argument<T>(name)
        {
            Description = WithDefault(help, defaultText),
            CustomParser = result => Parse(name, result, parse),
        };
        if (defaultText is not null)
            argument.DefaultValueFactory = _ => parse(defaultText);
        return argument;
    }

    /// <summary>A list of addresses, from an option whose values are its rules; null without the option.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="files">Receives the files of the list.</param>
    /// <exception cref="UsageException">A rule or a file is bad.</exception>
    public static AddressList? ReadNetworks(
        this ParseResult parsed, Option<string[]> option, ICollection<FileSet> files)
    {
        if (parsed.GetValue(option) is not { Length: > 0 } rules)
            return null;
        AddressList? list = null;
        var set = new FileSet(
            [.. rules.Where(rule => rule.StartsWith('@')).Select(rule => rule[1..])],
            () =>
            {
                Guard(list!.Reload);
                return [$"{option.Name}: {Quantity.FormatCount(list.Count, "network")}"];
            });
        try
        {
            Guard(() => list = AddressList.Parse(rules));
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
        if (list!.Files.Count > 0)
            files.Add(set);
        return list;

        void Guard(Action read)
        {
            try
            {
                read();
            }
            catch (FormatException e)
            {
                throw new FormatException($"{option.Name}: {e.Message}", e);
            }
        }
    }

    /// <summary>The default of an option, as users type it; null for none.</summary>
    public static string? DefaultOf(Option option) => (option as IValueOption)?.DefaultText;

    /// <summary>Whether the option was given on the command line.</summary>
    public static bool Has(this ParseResult parsed, Option option) =>
        parsed.GetResult(option) is { Implicit: false };

    /// <exception cref="FormatException">There is no such model.</exception>
    public static ConcurrencyModel ParseModel(string name) =>
        ConcurrencyModels.All.FirstOrDefault(model => model.Name == name || model.Aliases.Contains(name))
        ?? throw new FormatException($"unknown model '{name}'"
            + (UsageException.Suggest(
                name, ConcurrencyModels.All.SelectMany(model => model.Aliases.Prepend(model.Name)))
            ?? $"; use one of {string.Join(", ", ConcurrencyModels.All.Select(model => model.Name))}"));

    /// <exception cref="FormatException">It is neither a duration above 0 nor <c>never</c>.</exception>
    public static TimeSpan ParseTimeout(string text) =>
        Quantity.ParseTimeout(text) is var timeout && timeout != TimeSpan.Zero
            ? timeout
            : throw new FormatException($"'{text}' is too short; use 1ms or more, or never");

    private interface IValueOption
    {
        string? DefaultText { get; }
    }

    private sealed class ValueOption<T>(string name, params string[] aliases) : Option<T>(name, aliases), IValueOption
    {
        public string? DefaultText { get; init; }
    }

    private static string WithDefault(string help, string? defaultText) =>
        string.IsNullOrEmpty(defaultText) ? help : $"{help} [default: {defaultText}]";

    private static T? Parse<T>(string name, ArgumentResult result, Func<string, T> parse) =>
        Parse(name, result, result.Tokens[^1].Value, parse);

    /// <summary>Parses a value; an error becomes that of the command line, with the name in front.</summary>
    public static T? Parse<T>(string name, ArgumentResult result, string text, Func<string, T> parse)
    {
        try
        {
            return text.Length > 0 ? parse(text) : throw new FormatException("the value is empty");
        }
        catch (FormatException e)
        {
            result.AddError($"{name}: {e.Message}");
            return default;
        }
    }
}
