using System.Globalization;
using Hawser.App.Output;
using Hawser.Services.Ping.Load;
using Spectre.Console;

namespace Hawser.App.LoadReports;

/// <summary>The progress of a load on a terminal.</summary>
internal static class LoadLiveView
{
    /// <summary>Runs a load and draws it, once a second, on the standard error.</summary>
    /// <param name="options">The load.</param>
    /// <param name="agents">How many agents run it; 0 for this process.</param>
    /// <param name="run">Runs it.</param>
    public static async Task<LoadOutcome> RunAsync(
        PingLoadOptions options, int agents, Func<Action<PingLoadView>, Task<LoadOutcome>> run)
    {
        IAnsiConsole console = Terminal.Errors;
        using var cursor = new CursorGuard(console);
        return await console.Live(new Text($"opening {options.Clients} connections"))
            .AutoClear(true)
            .StartAsync(context => run(view => context.UpdateTarget(Draw(options, agents, view))));
    }

    private static Panel Draw(PingLoadOptions options, int agents, PingLoadView view)
    {
        var grid = new Grid().AddColumn().AddColumn(new GridColumn().RightAligned());
        Add("round trips", Number(view.RoundTrips));
        Add("last second", Number(view.NewRoundTrips));
        foreach (double percent in (double[])[50, 90, 99, 99.9, 100])
            Add(percent == 100 ? "max" : FormattableString.Invariant($"p{percent}"),
                LoadText.Time(view.Latency, percent));
        Add("connected", $"{Number(view.Connected)} of {Number(options.Clients)}");
        Add("failed", Number(view.Failed));
        if (agents == 0)
            Add("descriptors", Number(OpenDescriptors()));
        else
            Add("agents", Number(agents));
        string title = view.Elapsed == TimeSpan.Zero
            ? "warming up"
            : FormattableString.Invariant($"{view.Elapsed.TotalSeconds:0} of {options.Duration.TotalSeconds:0.#} s");
        return new Panel(grid) { Header = new PanelHeader($" {title} ") };

        void Add(string name, string value) => grid.AddRow(new Text(name), new Text(value));
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static int OpenDescriptors() =>
        OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
}
