using System.CommandLine;
using Hawser.App.Output;
using Hawser.App.Verbs;
using Hawser.Services.Text;

namespace Hawser.App;

/// <summary>The program: a table of its verbs, and one place where errors become one line and an exit code.</summary>
internal sealed class Program
{
    private Program()
    {
    }

    private static async Task<int> Main(string[] arguments)
    {
        try
        {
            // Without a word the program explains itself.
            string[] words = arguments is [] or ["help", ..] ? [.. arguments.Skip(1), "--help"] : arguments;
            var plain = new ParserConfiguration { ResponseFileTokenReplacer = null };
            ParseResult parsed = VerbCatalog.CreateRoot(words).Parse(words, plain);
            if (parsed.Errors.Count > 0)
                throw UsageException.Of(parsed);
            if (UsageException.OfSwallowedOption(parsed) is { } mistaken)
                throw mistaken;
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e) when (e is UsageException or FormatException or ArgumentException)
        {
            Standard.Error.WriteLine($"ERROR: {Printable.Line(e.Message)}");
            return ExitCode.Misused;
        }
        catch (IOException e) when (e.InnerException?.HResult == DescriptorStream.EPIPE)
        {
            // As in `hawser ping HOST | head -1`: whoever read the output has had enough.
            return ExitCode.Unread;
        }
        catch (Exception e) when (e is IOException or ProtocolException or UnauthorizedAccessException
            or PlatformNotSupportedException or OperationCanceledException)
        {
            Standard.Error.WriteLine($"ERROR: {Printable.Line(e.Message)}");
            return ExitCode.Failed;
        }
    }
}
