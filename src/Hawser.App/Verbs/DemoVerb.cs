using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Hawser.App.CommandLine;
using Hawser.App.Dashboard;
using Hawser.App.Demo;
using Hawser.App.Lab.Processes;
using Hawser.App.Output;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser demo</c>: runs every service with its clients and checks every byte; with <c>--watch</c>, shows
/// all models at work.</summary>
internal static class DemoVerb
{
    private const string Stopping = "stopping: waiting for the demonstration in progress; a second signal ends it";

    public static Command Create()
    {
        var verb = new VerbCommand("demo", "Run every service and its clients on this machine and check every byte.")
        {
            Examples = ["hawser demo", "hawser demo --watch --dashboard 9465"],
        };
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON per demonstration");
        Option<bool> watch = VerbOptions.Flag(
            "--watch", "run all models side by side, each with a slow client, and show them in a browser");
        Option<TimeSpan> duration = VerbOptions.Duration("--duration", "with --watch, end after this long", "10m");
        var dashboard = new DashboardOptions.Options();
        verb.AddGroup(VerbOptions.Common, json, watch, duration);
        verb.AddGroup("Dashboard", [.. dashboard.All]);
        verb.SetAction((parsed, _) =>
        {
            Option[] ofWatch = [duration, .. dashboard.All];
            if (!parsed.GetValue(watch))
            {
                return ofWatch.FirstOrDefault(parsed.Has) is { } lone
                    ? throw new UsageException($"{lone.Name}: applies with {watch.Name} only")
                    : RunAsync(parsed.GetValue(json));
            }
            if (parsed.Has(json))
                throw new UsageException($"{json.Name}: does not apply beside {watch.Name}");
            return WatchAsync(
                dashboard.Read(parsed) ?? DashboardOptions.AtAnyPort(), parsed.GetValue(duration));
        });
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

    private static async Task<int> WatchAsync(DashboardOptions options, TimeSpan duration)
    {
        var signal = new StopSignal();
        await using DemoWatch watch = await DemoWatch.StartAsync(options, Standard.Error, signal.Ask);
        Standard.Error.WriteLine(
            $"every model has {DemoWatch.PoliteClients} polite clients, and one whose answers block a thread for "
            + $"{Quantity.FormatDuration(DemoWatch.Blocking)} each; the end comes with Ctrl-C or after "
            + Quantity.FormatDuration(duration));
        Open(watch.Url);
        await Task.WhenAny(signal.Asked, Task.Delay(duration));
        return ExitCode.Done;
    }

    /// <summary>Opens a browser where there is a display and a way to find one.</summary>
    private static void Open(string url)
    {
        bool hasDisplay = ((string[])["DISPLAY", "WAYLAND_DISPLAY"]).Any(
            name => Environment.GetEnvironmentVariable(name) is { Length: > 0 });
        if (!hasDisplay || OwnProgram.FindInstalled("xdg-open") is not { } opener)
            return;
        try
        {
            using var _ = Process.Start(new ProcessStartInfo(opener, [url])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
        }
        catch (Win32Exception)
        {
            // The address is printed.
        }
    }
}
