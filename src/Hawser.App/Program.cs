using System.CommandLine;
using System.CommandLine.Invocation;
using System.Net.Sockets;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Verbs;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App;

/// <summary>The program: a table of its verbs, and one place where errors become one line and an exit code.</summary>
internal sealed class Program
{
    private Program()
    {
    }

    /// <summary>Reports the exception that ended the program and returns the exit code.</summary>
    /// <param name="fault">A usage error, an external failure, or, of any other type, a bug.</param>
    /// <param name="misused">The exit code of a usage error.</param>
    /// <param name="errors">Receives one line; of a bug, the stack trace as well.</param>
    internal static int Report(Exception fault, int misused, TextWriter errors)
    {
        switch (fault)
        {
            case UsageException:
                errors.WriteLine($"ERROR: {Printable.Line(fault.Message)}");
                return misused;
            case IOException { InnerException.HResult: DescriptorStream.EPIPE }:
                // The reader has closed the output, as in `hawser ping HOST | head -1`.
                return ExitCode.Unread;
            case DirectoryNotFoundException when fault.Message.Split('\'') is [_, .. var path, _]:
                errors.WriteLine($"ERROR: {Printable.Line(string.Join('\'', path))}: no such folder");
                return ExitCode.Failed;
            case FileNotFoundException { FileName: { } file }
                when fault.Message.StartsWith("Could not find", StringComparison.Ordinal):
                errors.WriteLine($"ERROR: {Printable.Line(file)}: no such file");
                return ExitCode.Failed;
            case IOException or ProtocolException or UnauthorizedAccessException or PlatformNotSupportedException
                or OperationCanceledException or SocketException or TimeoutException:
                errors.WriteLine($"ERROR: {Printable.Line(fault.Message)}");
                return ExitCode.Failed;
            default:
                errors.WriteLine($"ERROR: internal error: {Printable.Line(fault.Message)}\n{fault}");
                return ExitCode.InternalError;
        }
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
            return Report(e, ExitCode.Misused, Standard.Error);
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
                UsageException.RequireCommand(parsed, named);
            misused = (parsed.CommandResult.Command as VerbCommand)?.MisuseExitCode ?? misused;
            // Help and completion accept an incomplete command line.
            bool isMeant = parsed.Action is ParseErrorAction || parsed.Action == parsed.CommandResult.Command.Action;
            if (isMeant && parsed.CommandResult.Command is VerbCommand { Run: { } run })
                return await run(parsed, words);
            if (isMeant && UsageException.Of(parsed, words) is { } mistaken)
                throw mistaken;
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            return Report(e, misused, Standard.Error);
        }
    }
}
