using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Output;

namespace Hawser.App.Verbs;

/// <summary><c>hawser man [COMMAND...]</c>: the manual pages.</summary>
internal static class ManVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("man", "Print the manual page of a command, or write all pages to a folder.")
        {
            Examples = ["hawser man serve ping > hawser-serve-ping.1", "hawser man --out /usr/local/share/man/man1"],
        };
        var path = new Argument<string[]>("COMMAND")
        {
            Description = "like serve ping; without one, the page of the program",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> folder = VerbOptions.Value<string?>(
            "--out", "DIR", "write the pages of all commands; created if missing", text => text);
        verb.Add(path);
        verb.AddGroup(VerbOptions.Common, folder);
        verb.SetAction(parsed =>
        {
            string[] words = parsed.GetValue(path) ?? [];
            if (parsed.GetValue(folder) is not { } target)
                Standard.Out.Write(ManPage.Of(Find(words)));
            else if (words.Length == 0)
                WriteAll(target);
            else
                throw new UsageException($"{folder.Name}: writes all pages; leave out {words[0]}");
            return ExitCode.Done;
        });
        return verb;
    }

    private static Command Find(string[] words)
    {
        Command command = VerbCatalog.CreateRoot([]);
        foreach (string word in words)
        {
            command = command.Subcommands.FirstOrDefault(inner => inner.Name == word)
                ?? throw new UsageException($"unknown command '{word}'"
                    + (UsageException.Suggest(word, command.Subcommands.Select(inner => inner.Name))
                        ?? "; see hawser --help"));
        }
        return command;
    }

    private static void WriteAll(string folder)
    {
        Directory.CreateDirectory(folder);
        Write(VerbCatalog.CreateRoot([]));

        void Write(Command command)
        {
            File.WriteAllText(Path.Combine(folder, $"{ManPage.NameOf(command)}.1"), ManPage.Of(command));
            foreach (Command inner in command.Subcommands)
                Write(inner);
        }
    }
}
