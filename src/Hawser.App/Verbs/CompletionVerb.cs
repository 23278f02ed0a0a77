using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Shell;

namespace Hawser.App.Verbs;

/// <summary><c>hawser completion SHELL</c>: a script that completes commands, options, models, services and
/// files.</summary>
internal static class CompletionVerb
{
    /// <summary>Its name.</summary>
    public const string Name = "completion";

    public static Command Create()
    {
        var verb = new VerbCommand(Name, "Print a script that completes this program's words in a shell.")
        {
            Examples = ["hawser completion bash > hawser.bash", "hawser completion fish | source"],
        };
        Argument<ShellScript> shell = VerbOptions.Argument(
            "SHELL", string.Join(", ", ShellScript.All.Select(each => each.Name)), Parse);
        shell.CompletionSources.Add([.. ShellScript.All.Select(each => each.Name)]);
        verb.Add(shell);
        verb.SetAction(parsed =>
        {
            Standard.Out.WriteLine(parsed.GetValue(shell)!.Script);
            return ExitCode.Done;
        });
        return verb;
    }

    /// <summary>Prints the candidates for the last of these words: <c>hawser completion SHELL -- WORD...</c>, which the
    /// scripts call.</summary>
    public static int Print(string shell, IReadOnlyList<string> words)
    {
        ShellScript script = UsageException.Guard(() => Parse(shell));
        foreach ((string word, string help) in Candidates.Of(words, VerbCatalog.CreateRoot))
            Standard.Out.WriteLine(script.Format(word, help));
        return ExitCode.Done;
    }

    private static ShellScript Parse(string name) =>
        ShellScript.All.FirstOrDefault(each => each.Name == name)
        ?? throw new FormatException(
            $"unknown shell '{name}'; use one of {string.Join(", ", ShellScript.All.Select(each => each.Name))}");
}
