using System.Diagnostics;

namespace Hawser.Services.Ping.Load;

/// <summary>Runs a load of pings from this process: clients are distributed over event loops, a thread each.</summary>
public sealed class PingLoad
{
    private static readonly TimeSpan ViewInterval = TimeSpan.FromSeconds(1);

    private readonly PingLoadOptions _options;
    private readonly List<ILoadLoop> _loops = [];

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
            foreach (ILoadLoop loop in load._loops)
                await loop.DisposeAsync();
        }
    }

    private async Task<PingLoadReport> RunAsync(Action<PingLoadView>? onView, CancellationToken cancel)
    {
        var timeline = new PingTimeline(_options, Stopwatch.GetTimestamp());
        int loops = Math.Min(_options.Loops, _options.Clients);
        for (int index = 0; index < loops; index++)
            _loops.Add(CreateLoop(timeline, index, loops));
        Task over = Task.WhenAll(_loops.ConvertAll(loop => loop.RunAsync()));

        var window = new MeasuredWindow(timeline);
        PingTally before = new();
        TimeSpan shown = TimeSpan.Zero;
        while (!over.IsCompleted)
        {
            Task pause = window.UntilNextAsync(ViewInterval, cancel);
            if (await Task.WhenAny(over, pause) == pause && window.IsOver(_options.Timeout, cancel))
            {
                await AbortAsync(timeline);
                await over;
            }
            else if (over.IsCompleted)
                window.EndNow();
            if (onView is not null)
            {
                PingTally now = await SnapshotAsync();
                var view = new PingLoadView(window.Elapsed, now, before);
                // The clients end a moment after the measured time: nothing to show for it.
                if (!over.IsCompleted || view.Elapsed != shown || view.NewRoundTrips > 0)
                    onView(view);
                (before, shown) = (now, view.Elapsed);
            }
        }
        await over;
        PingTally total = await SnapshotAsync();
        // Clients may have ended after the last view and before anyone looked: views add up to the report.
        if (total.Latency.Count > before.Latency.Count)
            onView?.Invoke(new PingLoadView(window.Elapsed, total, before));
        return new PingLoadReport(_options, total, window.MeasuredTime, window.CpuShare / loops);
    }

    private ILoadLoop CreateLoop(PingTimeline timeline, int index, int loops)
    {
        if (!_options.IsChurn)
            return new PingLoop(_options, timeline, index, loops);
        return OperatingSystem.IsLinux()
            ? new ChurnLoop(_options, timeline, index, loops)
            : throw new PlatformNotSupportedException("churn needs Linux");
    }

    private async Task<PingTally> SnapshotAsync()
    {
        var total = new PingTally();
        foreach (ILoadLoop loop in _loops)
            await loop.AddToAsync(total);
        return total;
    }

    private async Task AbortAsync(PingTimeline timeline)
    {
        await Task.WhenAll(_loops.ConvertAll(loop => loop.AbortAsync()));
        // Wakes clients that wait for others to connect.
        timeline.BeginLoad(Stopwatch.GetTimestamp());
    }
}
