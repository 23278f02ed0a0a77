using System.Diagnostics;

namespace Hawser.Services.Ping.Load;

/// <summary>Watches the time that is measured: how much of it has passed, and what this process computed in
/// it.</summary>
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

    /// <summary>Measured time at the end.</summary>
    public TimeSpan MeasuredTime =>
        Stopwatch.GetElapsedTime(
            timeline.Begin, _ended == 0 ? timeline.End : Math.Clamp(_ended, timeline.Begin, timeline.End));

    /// <summary>Cores that this process kept busy in the measured time.</summary>
    public double CpuShare =>
        _cpuAtBegin is { } begin && MeasuredTime > TimeSpan.Zero
            ? ((_cpuAtEnd ?? Environment.CpuUsage.TotalTime) - begin) / MeasuredTime
            : 0;

    /// <summary>Waits until it is time to look again: at the begin and the end of the measured time, and at
    /// intervals.</summary>
    public async Task UntilNextAsync(TimeSpan interval, CancellationToken cancel)
    {
        // Without a warm-up the measured time begins now.
        Look();
        long now = Stopwatch.GetTimestamp();
        long next = now + (long)(interval.TotalSeconds * Stopwatch.Frequency);
        foreach (long moment in (long[])[timeline.Begin, timeline.End])
        {
            if (moment > now && moment < next)
                next = moment;
        }
        // A timer goes by a clock of some milliseconds, and may so be early.
        while (now < next && !cancel.IsCancellationRequested)
        {
            await Task.Delay(Stopwatch.GetElapsedTime(now, next) + TimeSpan.FromMilliseconds(1), cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            now = Stopwatch.GetTimestamp();
        }
        Look();
    }

    /// <summary>Ends the measured time: all clients have ended.</summary>
    public void EndNow() => _ended = Stopwatch.GetTimestamp();

    /// <summary>Whether clients that still wait must be ended: their time after the load has passed, or the load was
    /// cancelled.</summary>
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
