using System.CommandLine;
using System.CommandLine.Invocation;
using Hawser.App.CommandLine;

namespace Hawser.App.Output;

/// <summary><c>--version</c> beside other words.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        Standard.Out.WriteLine(ProgramVersion.Line);
        return ExitCode.Done;
    }
}
