using System.Globalization;
using Hawser.Services.Ping.Load;
using Spectre.Console;

namespace Hawser.App.Output;

/// <summary>The progress of a load on a terminal.</summary>
internal static class LoadLiveView
{
    /// <summary>Runs a load and draws it, once a second, on the standard error.</summary>
    public static async Task<PingLoadReport> RunAsync(PingLoadOptions options, CancellationToken cancel)
    {
        IAnsiConsole console = Terminal.Errors;
        using var cursor = new CursorGuard(console);
        return await console.Live(new Text($"opening {options.Clients} connections"))
            .AutoClear(true)
            .StartAsync(context =>
                PingLoad.RunAsync(options, view => context.UpdateTarget(Draw(options, view)), cancel));
    }

    private static Panel Draw(PingLoadOptions options, PingLoadView view)
    {
        var grid = new Grid().AddColumn().AddColumn(new GridColumn().RightAligned());
        Add("round trips", Number(view.RoundTrips));
        Add("last second", Number(view.NewRoundTrips));
        foreach (double percent in (double[])[50, 90, 99, 99.9, 100])
            Add(percent == 100 ? "max" : FormattableString.Invariant($"p{percent}"),
                LoadText.Time(view.Latency, percent));
        Add("connected", $"{Number(view.Connected)} of {Number(options.Clients)}");
        Add("failed", Number(view.Failed));
        Add("descriptors", Number(OpenDescriptors()));
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
