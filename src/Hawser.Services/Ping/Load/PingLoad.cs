using System.Diagnostics;
using System.Net;

namespace Hawser.Services.Ping.Load;

/// <summary>Runs a load of pings from this process: clients are distributed over event loops, a thread each.</summary>
public sealed class PingLoad
{
    private static readonly TimeSpan ViewInterval = TimeSpan.FromSeconds(1);

    private readonly PingLoadOptions _options;
    private readonly List<(ClientLoop Loop, PingTally Tally, List<PingLoadClient> Clients)> _loops = [];

    private PingLoad(PingLoadOptions options) => _options = options;

    /// <summary>Runs a load to its end.</summary>
    /// <param name="options">The load.</param>
    /// <param name="onView">Called once a second with the figures so far.</param>
    /// <param name="cancel">Stops the load; the report covers what was measured.</param>
    public static async Task<PingLoadReport> RunAsync(
        PingLoadOptions options, Action<PingLoadView>? onView = null, CancellationToken cancel = default)
    {
        var load = new PingLoad(options);
        try
        {
            return await load.RunAsync(onView, cancel);
        }
        finally
        {
            foreach ((ClientLoop loop, _, _) in load._loops)
                await loop.DisposeAsync();
        }
    }

    private async Task<PingLoadReport> RunAsync(Action<PingLoadView>? onView, CancellationToken cancel)
    {
        var timeline = new PingTimeline(_options, Stopwatch.GetTimestamp());
        int loops = Math.Min(_options.Loops, _options.Clients);
        Task[] running = [.. Enumerable.Range(0, loops).Select(index => StartLoop(index, loops, timeline))];
        Task over = Task.WhenAll(running);

        var window = new MeasuredWindow(timeline);
        PingTally before = new();
        while (!over.IsCompleted)
        {
            Task pause = window.UntilNextAsync(ViewInterval, cancel);
            if (await Task.WhenAny(over, pause) == pause && window.IsOver(_options.Timeout, cancel))
                await AbortAsync(timeline);
            else if (over.IsCompleted)
                window.EndNow();
            if (onView is not null)
            {
                PingTally now = await SnapshotAsync();
                onView(new PingLoadView(window.Elapsed, now, before));
                before = now;
            }
        }
        await over;
        PingTally total = await SnapshotAsync();
        return new PingLoadReport(_options, total, window.MeasuredTime, window.CpuShare / loops);
    }

    private Task StartLoop(int index, int loops, PingTimeline timeline)
    {
        ClientLoop loop = ClientLoop.Start($"hawser load {index + 1}");
        var tally = new PingTally();
        IReadOnlyList<EndPoint> servers = _options.Servers;
        List<PingLoadClient> clients = [.. Enumerable.Range(0, _options.Clients).Where(n => n % loops == index)
            .Select(n => new PingLoadClient(loop, servers[n % servers.Count], n, timeline, tally, _options))];
        _loops.Add((loop, tally, clients));
        return loop.RunAsync(() => OpenAllAsync(clients, index, loops, timeline));
    }

    /// <summary>Opens a loop's connections along the ramp and waits until all its clients have ended.</summary>
    private static async Task OpenAllAsync(List<PingLoadClient> clients, int index, int loops, PingTimeline timeline)
    {
        var running = new List<Task>(clients.Count);
        for (int i = 0; i < clients.Count; i++)
        {
            Deadline due = Deadline.At(timeline.ConnectAt(index + i * loops));
            if (!due.HasPassed)
                await Task.WhenAny(timeline.AllConnected, Task.Delay(due.Remaining));
            if (clients[i].IsAborted)
                break;
            running.Add(clients[i].RunAsync());
        }
        await Task.WhenAll(running);
    }

    private async Task<PingTally> SnapshotAsync()
    {
        var total = new PingTally();
        foreach ((ClientLoop loop, PingTally tally, _) in _loops)
        {
            await loop.RunAsync(() =>
            {
                total.Add(tally);
                return Task.CompletedTask;
            });
        }
        return total;
    }

    private async Task AbortAsync(PingTimeline timeline)
    {
        foreach ((ClientLoop loop, _, List<PingLoadClient> clients) in _loops)
        {
            await loop.RunAsync(() =>
            {
                clients.ForEach(client => client.Abort());
                return Task.CompletedTask;
            });
        }
        // Wakes clients that wait for others to connect.
        timeline.BeginLoad(Stopwatch.GetTimestamp());
    }
}
