using System.Diagnostics;

namespace Hawser.Services.Ping.Load;

/// <summary>The measured part of a load: the time that has passed and the CPU time of this process.</summary>
internal sealed class MeasuredWindow(PingTimeline timeline)
{
    private TimeSpan? _cpuAtBegin;
    private TimeSpan? _cpuAtEnd;
    private long _ended;

    /// <summary>Measured time so far.</summary>
    public TimeSpan Elapsed =>
        Stopwatch.GetTimestamp() is var now && now < timeline.Begin
            ? TimeSpan.Zero
            : Stopwatch.GetElapsedTime(timeline.Begin, Math.Min(now, timeline.End));

    /// <summary>Measured time in total.</summary>
    public TimeSpan MeasuredTime =>
        Stopwatch.GetElapsedTime(
            timeline.Begin, _ended == 0 ? timeline.End : Math.Clamp(_ended, timeline.Begin, timeline.End));

    /// <summary>The average number of busy cores of this process during the measurement.</summary>
    public double CpuShare =>
        _cpuAtBegin is { } begin && MeasuredTime > TimeSpan.Zero
            ? ((_cpuAtEnd ?? Environment.CpuUsage.TotalTime) - begin) / MeasuredTime
            : 0;

    /// <summary>Waits for an interval, or until the measurement begins or ends.</summary>
    public async Task UntilNextAsync(TimeSpan interval, CancellationToken cancel)
    {
        // The measurement may have begun or ended since the last look.
        Look();
        long since = Stopwatch.GetTimestamp();
        long next = since + (long)(interval.TotalSeconds * Stopwatch.Frequency);
        // A timer may fire some milliseconds early.
        while (Stopwatch.GetTimestamp() is var now && now < Due() && !cancel.IsCancellationRequested)
        {
            // When all clients have connected, the begin and the end become known.
            Task known = timeline.AllConnected;
            Task pause = Task.Delay(Stopwatch.GetElapsedTime(now, Due()) + TimeSpan.FromMilliseconds(1), cancel);
            await (known.IsCompleted ? pause : Task.WhenAny(known, pause))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Look();

        long Due() => timeline.Begin > since ? Math.Min(next, timeline.Begin)
            : timeline.End > since ? Math.Min(next, timeline.End)
            : next;
    }

    /// <summary>All clients have ended: the measurement ends now.</summary>
    public void EndNow() => _ended = Stopwatch.GetTimestamp();

    /// <summary>Whether to abort the clients that still wait: the load has been over for longer than
    /// <paramref name="patience"/>, or is cancelled.</summary>
    public bool IsOver(TimeSpan patience, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested && _ended == 0)
            EndNow();
        return cancel.IsCancellationRequested
            || (patience != Timeout.InfiniteTimeSpan
                && Stopwatch.GetTimestamp() > timeline.End + (long)(patience.TotalSeconds * Stopwatch.Frequency));
    }

    private void Look()
    {
        long now = Stopwatch.GetTimestamp();
        if (_cpuAtBegin is null && now >= timeline.Begin)
            _cpuAtBegin = Environment.CpuUsage.TotalTime;
        if (_cpuAtEnd is null && now >= timeline.End)
            _cpuAtEnd = Environment.CpuUsage.TotalTime;
    }
}
