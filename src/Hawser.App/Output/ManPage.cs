using System.CommandLine;
using System.Text;
using Hawser.App.CommandLine;

namespace Hawser.App.Output;

/// <summary>The manual page of a command, in the macros of man(7), from the same model as its help.</summary>
internal static class ManPage
{
    private const int Width = 78;

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Done, "done"),
        (ExitCode.Failed, "failed"),
        (ExitCode.Misused, "usage error"),
        (ExitCode.PartlyDone, "partly done"),
        (ExitCode.NotVerified, "verification failed"),
        (ExitCode.Regressed, "lab compare found a regression"),
        (ExitCode.InternalError, "internal error: a bug; a stack trace follows"),
        (ExitCode.Unread, "standard output was closed"),
    ];

    /// <summary>The name of the page, like <c>hawser-serve-ping</c>.</summary>
    public static string NameOf(Command command) =>
        VerbCommand.PathOf(command).Replace(' ', '-');

    /// <summary>The page.</summary>
    public static string Of(Command command)
    {
        string name = NameOf(command);
        var page = new StringBuilder();
        page.Append($".TH {name.ToUpperInvariant()} 1 {ProgramVersion.Date ?? "\"\""} ")
            .Append($"\"hawser {ProgramVersion.Number}\" \"Hawser manual\"\n");
        page.Append(".SH NAME\n").Append($"{Escape(name)} \\- {Escape(command.Description!.TrimEnd('.'))}\n");
        page.Append(".SH SYNOPSIS\n");
        string between = "";
        foreach (string usage in HelpPage.Usages(command))
        {
            page.Append(between);
            Text(page, usage);
            between = ".br\n";
        }
        List(page, ".SH ARGUMENTS", command.Arguments.Select(each => (Italic(each.Name), each.Description!)));
        List(page, ".SH COMMANDS", command.Subcommands.Select(each => (Bold(each.Name), each.Description!)));
        if (command is VerbCommand { Groups: { Count: > 0 } groups })
        {
            foreach ((string title, IReadOnlyList<Option> options) in groups)
            {
                string heading = title == VerbOptions.Common ? ".SH OPTIONS" : $".SH {title.ToUpperInvariant()}";
                List(page, heading, options.Select(option => (Label(option), HelpPage.Text(option))));
            }
        }
        List(page, ".SH KEYS", ((command as VerbCommand)?.Keys ?? []).Select(each => (Bold(each.Key), each.Text)));
        if (command is VerbCommand { Examples: { Count: > 0 } examples })
        {
            page.Append(".SH EXAMPLES\n.nf\n");
            foreach (string example in examples)
                page.Append(Line(example));
            page.Append(".fi\n");
        }
        List(page, ".SH EXIT STATUS", ExitCodes.Select(each => (Bold($"{each.Code}"), each.Meaning)));
        IEnumerable<Command> related = command.Parents.OfType<Command>().Concat(command.Subcommands);
        if (related.Any())
        {
            page.Append(".SH SEE ALSO\n");
            Text(page, string.Join(", ", related.Select(each => $"{NameOf(each)}(1)")));
        }
        return page.ToString();
    }

    private static void List(StringBuilder page, string heading, IEnumerable<(string Label, string Text)> entries)
    {
        string before = heading + "\n";
        foreach ((string label, string text) in entries)
        {
            page.Append(before).Append(".TP\n").Append(label).Append('\n');
            Text(page, text);
            before = "";
        }
    }

    private static string Label(Option option)
    {
        string names = string.Join(", ", HelpPage.Names(option).Select(Bold));
        return option.HelpName is null ? names : $"{names} {Italic(option.HelpName)}";
    }

    private static void Text(StringBuilder page, string text)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width)
            {
                page.Append(Line(line.ToString()));
                line.Clear();
            }
            if (line.Length > 0)
                line.Append(' ');
            line.Append(word);
        }
        page.Append(Line(line.ToString()));
    }

    // A control character at the beginning would make the line a request.
    private static string Line(string text) =>
        (text.StartsWith('.') || text.StartsWith('\'') ? "\\&" : "") + Escape(text) + "\n";

    private static string Bold(string text) => $"\\fB{Escape(text)}\\fR";

    private static string Italic(string text) => $"\\fI{Escape(text)}\\fR";

    private static string Escape(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
}
