using System.CommandLine;
using System.CommandLine.Completions;

namespace Hawser.App.Shell;

/// <summary>What a shell may complete a word to, from the model of the command line.</summary>
internal static class Candidates
{
    /// <summary>Stands for the names of files, which the shell knows better; after an option and <c>=</c>, for those
    /// with both before them.</summary>
    public const string Files = ":files";

    // The placeholders of values and arguments that are paths.
    private static readonly string[] Paths = ["FILE", "DIR", "DIR|FILE", "NAME|FILE", "PREFIX", "OLD", "NEW"];

    /// <summary>The candidates for the last word, each with its help.</summary>
    /// <param name="words">The words after the program's name; the last one may be empty.</param>
    /// <param name="createRoot">Creates the command line for these words.</param>
    public static IReadOnlyList<(string Word, string Help)> Of(
        IReadOnlyList<string> words, Func<string[], Command> createRoot)
    {
        string[] typed = words is ["help", ..] ? [.. words.Skip(1)] : [.. words];
        string current = typed is [.., var last] ? last : "";
        var at = new Position(createRoot(typed));
        foreach (string word in typed.SkipLast(1))
            at.Pass(word);
        return [.. at.Next(current).Where(next =>
            next.Word.EndsWith(Files, StringComparison.Ordinal) || next.Word.StartsWith(current, StringComparison.Ordinal))];
    }

    /// <summary>A place between two words of a command line.</summary>
    private sealed class Position(Command root)
    {
        private readonly Command _root = root;
        private Command _command = root;
        private Option? _awaitsValue;
        private int _arguments;
        private bool _onlyArguments;

        public void Pass(string word)
        {
            if (_awaitsValue is not null)
                _awaitsValue = null;
            else if (word == "--")
                _onlyArguments = true;
            else if (word.StartsWith('-') && !_onlyArguments)
                _awaitsValue = Find(word) is { HelpName: not null } option ? option : null;
            else if (_command.Subcommands.FirstOrDefault(inner => inner.Name == word) is { } inner && _arguments == 0)
                _command = inner;
            else
                _arguments++;
        }

        public IEnumerable<(string Word, string Help)> Next(string current)
        {
            if (_awaitsValue is not null)
                return Values(_awaitsValue, _awaitsValue.HelpName);
            if (current.StartsWith('-') && !_onlyArguments)
            {
                int equals = current.IndexOf('=', StringComparison.Ordinal);
                return equals > 0 && Find(current[..equals]) is { } option
                    ? Values(option, option.HelpName)
                        .Select(value => (current[..(equals + 1)] + value.Word, value.Help))
                    : Options().Select(each => (each.Name, each.Description ?? ""));
            }
            IEnumerable<(string, string)> commands = _arguments > 0
                ? []
                : _command.Subcommands.Select(inner => (inner.Name, inner.Description ?? ""));
            return _command.Arguments is [.., var rest]
                ? commands.Concat(Next(_arguments < _command.Arguments.Count ? _command.Arguments[_arguments] : rest))
                : commands;
        }

        private IEnumerable<(string Word, string Help)> Next(Argument argument) =>
            argument.Arity.MaximumNumberOfValues > 1 || _arguments < _command.Arguments.Count
                ? Values(argument, argument.Name)
                : [];

        private static IEnumerable<(string Word, string Help)> Values(Symbol symbol, string? placeholder) =>
            symbol.GetCompletions(CompletionContext.Empty).Select(item => (item.InsertText ?? item.Label, ""))
                .Concat(Paths.Contains(placeholder) ? [(Files, "")] : []);

        private Option? Find(string word) =>
            Options().FirstOrDefault(option => option.Name == word || option.Aliases.Contains(word));

        /// <summary>The command's own options, and those of all commands.</summary>
        private IEnumerable<Option> Options() =>
            _command == _root ? _root.Options : _command.Options.Concat(_root.Options.Where(option => option.Recursive));
    }
}
