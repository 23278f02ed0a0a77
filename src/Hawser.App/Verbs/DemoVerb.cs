using System.CommandLine;
using Hawser.App.Output;
using Hawser.Services;

namespace Hawser.App.Verbs;

/// <summary><c>hawser demo</c>: runs every service with its clients and checks every byte.</summary>
internal static class DemoVerb
{
    private const string Stopping = "stopping: waiting for the demonstration in progress; a second signal ends it";

    public static Command Create()
    {
        var verb = new VerbCommand("demo", "Run every service and its clients on this machine and check every byte.")
        {
            Examples = ["hawser demo"],
        };
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON per demonstration");
        verb.AddGroup(VerbOptions.Common, json);
        verb.SetAction((parsed, _) => RunAsync(parsed.GetValue(json)));
        return verb;
    }

    private static Task<int> RunAsync(bool json)
    {
        var run = new DemoRun(ServiceCatalog.All);
        CancellationToken stop = new StopSignal(run.Abandon).Token;
        if (!json && !Console.IsOutputRedirected)
            return DemoTable.RunAsync(run, Stopping, stop);
        if (!json)
            Standard.Out.WriteLine(DemoRow.ToText(DemoRow.Titles));
        return run.RunAsync(
            row => Standard.Out.WriteLine(json ? row.ToJson() : DemoRow.ToText(row.Cells)),
            () => Standard.Error.WriteLine(Stopping), stop);
    }
}
