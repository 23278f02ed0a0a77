using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Serving;
using Hawser.App.Serving.Configuration;

namespace Hawser.App.Verbs;

/// <summary><c>hawser serve [SERVICE]</c>: serves one service, several, or all of them.</summary>
internal static class ServeVerb
{
    /// <summary>Creates the verb for these words.</summary>
    public static Command Create(string[] words) => new ServeCommand(words, RunAsync);

    private static async Task<int> RunAsync(ParseResult parsed, IReadOnlyList<string> words)
    {
        ServePlan plan = ServePlan.Read(parsed, words, Environment.GetEnvironmentVariables());
        if (ProcessOptions.IsCheck(parsed))
        {
            Standard.Out.Write(plan.Describe());
            return ExitCode.Done;
        }
        try
        {
            return await ServeRun.RunAsync(plan);
        }
        catch (Exception e) when (plan.Reporting.IsJson)
        {
            return FaultReport.Write(e, ExitCode.Misused, new StampedWriter(Standard.Error, null, "", isJson: true));
        }
    }
}
