using System.CommandLine;
using Hawser.App.Output;
using Hawser.Services;

namespace Hawser.App.Verbs;

/// <summary><c>hawser demo</c>: every service, every client, for real, checked byte by byte.</summary>
internal static class DemoVerb
{
    private const string Stopping = "stopping: waiting for the demonstration in progress; a second signal ends at once";

    public static Command Create()
    {
        var verb = new VerbCommand("demo", "Run every service and its clients on this machine and check every byte.")
        {
            Examples = ["hawser demo"],
        };
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON per demonstration");
        verb.AddGroup(VerbOptions.Common, json);
        verb.SetAction((parsed, _) => parsed.GetValue(json) ? RunAsync(row => row.ToJson())
            : Console.IsOutputRedirected ? PrintTableAsync()
            : DemoTable.RunAsync(new DemoRun(ServiceCatalog.All), Stopping, new StopSignal().Token));
        return verb;
    }

    private static Task<int> PrintTableAsync()
    {
        Standard.Out.WriteLine(DemoRow.ToText(DemoRow.Titles));
        return RunAsync(row => DemoRow.ToText(row.Cells));
    }

    private static Task<int> RunAsync(Func<DemoRow, string> format) =>
        new DemoRun(ServiceCatalog.All).RunAsync(
            row => Standard.Out.WriteLine(format(row)), () => Standard.Error.WriteLine(Stopping), new StopSignal().Token);
}
