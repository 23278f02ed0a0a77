using System.CommandLine;
using System.CommandLine.Invocation;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Verbs;

namespace Hawser.App;

/// <summary>The program: parses its words and runs a verb.</summary>
internal sealed class Program
{
    private Program()
    {
    }

    private static Task<int> Main(string[] arguments) =>
        arguments is ["--version"] ? Task.FromResult(PrintVersion()) : RunAsync(arguments);

    /// <summary>What the option's own action prints, without the start of the parser.</summary>
    private static int PrintVersion()
    {
        try
        {
            Standard.Out.WriteLine(ProgramVersion.Line);
            return ExitCode.Done;
        }
        catch (IOException e)
        {
            return FaultReport.Write(e, ExitCode.Misused, Standard.Error);
        }
    }

    private static async Task<int> RunAsync(string[] arguments)
    {
        int misused = ExitCode.Misused;
        try
        {
            if (arguments is [CompletionVerb.Name, var shell, "--", .. var typed])
                return CompletionVerb.Print(shell, typed);
            // Without arguments, the program prints its help.
            bool isHelp = arguments is [] or ["help", ..];
            string[] named = [.. arguments.Skip(1).TakeWhile(word => !word.StartsWith('-'))];
            string[] words = isHelp ? [.. named, "--help"] : arguments;
            var plain = new ParserConfiguration { ResponseFileTokenReplacer = null };
            ParseResult parsed = VerbCatalog.CreateRoot(words).Parse(words, plain);
            if (isHelp)
                UsageCheck.RequireCommand(parsed, named);
            misused = (parsed.CommandResult.Command as VerbCommand)?.MisuseExitCode ?? misused;
            // Help and completion accept an incomplete command line.
            bool isMeant = parsed.Action is ParseErrorAction || parsed.Action == parsed.CommandResult.Command.Action;
            if (isMeant)
                WordCheck.Check(parsed, words);
            if (isMeant && parsed.CommandResult.Command is VerbCommand { Run: { } run })
                return await run(parsed, words);
            if (isMeant)
                UsageCheck.Check(parsed);
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            return FaultReport.Write(e, misused, Standard.Error);
        }
    }
}
