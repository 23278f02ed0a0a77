using System.CommandLine;

namespace Hawser.App.Serving.Configuration;

/// <summary>The value of an option that comes from elsewhere than the command line.</summary>
/// <param name="Name">The option without its dashes, or the argument in lower case.</param>
/// <param name="Values">One, unless the option is repeatable; <c>true</c> or <c>false</c> for a switch.</param>
/// <param name="Origin">The environment variable, or the file and line.</param>
internal sealed record Setting(string Name, IReadOnlyList<string> Values, string Origin)
{
    /// <summary>The origin of a default.</summary>
    public const string Default = "default";

    /// <summary>The name by which settings call an option or an argument.</summary>
    public static string NameOf(Symbol symbol) => symbol is Option ? symbol.Name[2..] : symbol.Name.ToLowerInvariant();

    /// <summary>The names of a command's options and arguments, less those that concern the configuration
    /// itself.</summary>
    public static IEnumerable<string> NamesOf(Command command) =>
        command.Arguments.Concat<Symbol>(command.Options).Except(ProcessOptions.OfConfiguration).Select(NameOf);
}
