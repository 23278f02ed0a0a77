using System.Collections;
using System.CommandLine;
using Hawser.App.CommandLine;

namespace Hawser.App.Serving.Configuration;

/// <summary>The options of <c>serve</c> in the environment: <c>HAWSER_IDLE_TIMEOUT</c> is <c>--idle-timeout</c>. The
/// values of a repeatable option are separated by commas. An empty variable counts as absent.</summary>
internal sealed class ServeEnvironment
{
    private const string Prefix = "HAWSER_";

    // In alphabetic order, so that the first error is always the same.
    private readonly SortedList<string, string> _values = new(StringComparer.Ordinal);

    public ServeEnvironment(IDictionary variables)
    {
        foreach (DictionaryEntry variable in variables)
        {
            if (variable is { Key: string key, Value: string { Length: > 0 } value }
                && key.StartsWith(Prefix, StringComparison.Ordinal))
                _values[key[Prefix.Length..].ToLowerInvariant().Replace('_', '-')] = value;
        }
        _values.Remove("config", out string? path);
        ConfigurationFile = path;
    }

    /// <summary>The value of <c>HAWSER_CONFIG</c>.</summary>
    public string? ConfigurationFile { get; }

    /// <summary>The variable of an option.</summary>
    public static string NameOf(string option) => Prefix + option.ToUpperInvariant().Replace('-', '_');

    /// <summary>Whether a variable is there.</summary>
    public bool Has(string option) => _values.ContainsKey(option);

    /// <summary>The settings of a command. The environment is shared with others, so only a variable that resembles an
    /// option is an error.</summary>
    /// <param name="command">The command.</param>
    /// <param name="others">The commands whose options it need not know.</param>
    /// <exception cref="UsageException">A variable is a misspelt option.</exception>
    public IReadOnlyList<Setting> SettingsOf(Command command, Func<IEnumerable<Command>> others)
    {
        if (_values.Count == 0)
            return [];
        var known = command.Arguments.Concat<Symbol>(command.Options).Except(ProcessOptions.OfConfiguration)
            .ToDictionary(Setting.NameOf);
        var settings = new List<Setting>();
        foreach ((string name, string value) in _values)
        {
            if (known.TryGetValue(name, out Symbol? symbol))
            {
                bool isList = symbol is Option { Arity.MaximumNumberOfValues: > 1 };
                settings.Add(new Setting(name, isList ? value.Split(',', StringSplitOptions.TrimEntries) : [value], NameOf(name)));
            }
            else if (name == "check")
            {
                throw new UsageException($"{NameOf(name)}: belongs on the command line, as --check");
            }
            else if (name == "token")
            {
                throw new UsageException($"{NameOf(name)}: secrets come from files; use {NameOf("token-file")}");
            }
            else if (UsageException.Nearest(name, known.Keys) is { } near
                && !others().SelectMany(Setting.NamesOf).Contains(name))
            {
                throw new UsageException($"unknown variable {NameOf(name)}; did you mean {NameOf(near)}?");
            }
        }
        return settings;
    }
}
