using System.Diagnostics;
using Hawser.App.CommandLine;
using Hawser.App.Lab.Processes;
using Hawser.App.LoadReports;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Lab.Trials;

/// <summary>One measurement of one variant: server, idle connections, load.</summary>
internal static class LabTrial
{
    // The load reports once a second, perhaps a little late.
    private const double LastSecond = 1.1;

    /// <param name="variant">What to measure.</param>
    /// <param name="options">How.</param>
    /// <param name="pinning">The cores of server and load.</param>
    /// <param name="start">Where those that are measured together wait for each other.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="LabException">The measurement failed.</exception>
    public static async Task<LoadReport> RunAsync(
        LabVariant variant, LabOptions options, CpuPinning pinning, LabStart start, CancellationToken cancel)
    {
        if (variant.Subject.Address is { } running)
            return await LoadAsync(running, variant, options, pinning, server: null, start, cancel);
        await using ServerProcess server = await ServerProcess.StartAsync(
            variant, pinning.ServerCores, cancel, host: options.ServerHost);
        try
        {
            return await LoadAsync(server.Address, variant, options, pinning, server, start, cancel);
        }
        catch (LabException e) when (!cancel.IsCancellationRequested)
        {
            // A dead server is the cause of the failed load.
            throw await server.FindDeathAsync() is { } death ? new LabException(death) : e;
        }
    }

    private static async Task<LoadReport> LoadAsync(
        string address, LabVariant variant, LabOptions options, CpuPinning pinning, ServerProcess? server,
        LabStart start, CancellationToken cancel)
    {
        ProcessSample? before = server?.TrySample();
        using IdleConnections idle = await IdleConnections.OpenAsync(
            ServerAddress.Parse(address, defaultPort: 0), variant.Setting.Idle, cancel);
        if (server is not null)
            await server.AcceptIdleAsync(cancel);
        double? idleBytes = variant.Setting.Idle > 0
            ? (double?)(server?.TrySample()?.ResidentBytes - before?.ResidentBytes) / variant.Setting.Idle
            : null;
        await start.ReadyAsync(variant, cancel);
        LabSample? begin = null;
        LabSample? late = null;
        LabSample? end = null;
        PingLoadOptions load = LoadOf(address, variant, options);
        bool isBurst = variant.Setting.Burst;
        LoadOutcome outcome = options.Agents is { } agents
            ? await agents.RunAsync(load, Look, cancel)
            : new LoadOutcome(await LoadProcess.RunAsync(load, isBurst, pinning.LoadCores, Look, cancel));
        // Agents report a load that was stopped early, too.
        cancel.ThrowIfCancellationRequested();
        // Clients that a burst lost are a figure, not an error.
        if (LoadText.FaultOf(outcome.Report) is { } fault && (outcome.Report.RoundTrips == 0 || !isBurst))
            throw new LabException(fault);
        var report = LoadReport.Of(outcome, variant.Setting);
        // The server also answered pings of the lost agent, whose counts are missing.
        LabServerFigures? figures = outcome.Lost.Count > 0 ? null : LabServerFigures.Between(begin, late, end);
        return report with
        {
            Figures = report.Figures with
            {
                Server = figures is null ? null : figures with { BytesPerIdleConnection = idleBytes },
            },
        };

        // The load reports when its measured time begins and ends, and every second. The last report before the end
        // is sampled because the clients' threads still exist; further samples would only disturb.
        void Look(PingLoadView view)
        {
            double left = (options.Duration - view.Elapsed).TotalSeconds;
            bool isWanted = end is null && (begin is null ? view.Elapsed > TimeSpan.Zero : left < LastSecond);
            // Taken first: sampling thousands of threads takes a while.
            TimeSpan moment = Stopwatch.GetElapsedTime(0);
            if (!isWanted || server?.TrySample() is not { } process)
                return;
            var sample = new LabSample(moment, view.Elapsed, view.RoundTrips, process);
            if (left <= 0)
                end = sample;
            else if (begin is null)
                begin = sample;
            else
                late = sample;
        }
    }

    private static PingLoadOptions LoadOf(string address, LabVariant variant, LabOptions options) => new()
    {
        Servers = [ServerAddress.Parse(address, defaultPort: 0)],
        Clients = variant.Setting.Clients,
        Duration = options.Duration,
        WarmUp = variant.Setting.Burst ? TimeSpan.Zero : options.WarmUp,
        Ramp = variant.Setting.Ramp,
        Rate = variant.Setting.ScheduledPerSecond,
        Wire = LoadWire.Parse(variant.Subject.Wire ?? LoadWire.Ping.Name),
        Pipeline = variant.Setting.Pipeline,
        IsChurn = variant.Setting.Churn,
    };
}
