using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hawser.EventLoops;

/// <summary>How a loop's thread spends its time: it waits in the poller, or it works. Whether it works is always known, by
/// a coarse clock; how long, only while a listener is enabled. Its methods belong to the loop's thread, its properties to
/// any thread.</summary>
internal sealed class LoopTime
{
    /// <summary>Work that takes longer than this stalls the other connections: 50 ms.</summary>
    public const long LongestMilliseconds = 50;

    private const long Waiting = -1;

    // TickCount64.
    private long _busySince = Waiting;
    private long _ranAt;

    // Stopwatch.
    private long _since;
    private long _active;
    private long _reported;
    private bool _isMeasured;

    /// <summary>Receives the time of each stall, in seconds. While it or <see cref="Turns"/> is enabled, the loop
    /// measures.</summary>
    public Histogram<double>? Stalls { get; set; }

    /// <summary>Receives the time between two waits, in seconds; set together with <see cref="Stalls"/>.</summary>
    public Histogram<double>? Turns { get; set; }

    /// <summary>The attribute of the loop.</summary>
    public KeyValuePair<string, object?> Tag { get; set; }

    /// <summary>Called with the time of each stall, on the loop's thread.</summary>
    public Action<TimeSpan>? Stalled { get; set; }

    /// <summary>Receives what a listener of the histograms throws, whose measurement is lost.</summary>
    public Action<Exception>? Faulted { get; set; }

    /// <summary>The current turn is so long that something must be blocking the thread.</summary>
    public bool IsBlocked =>
        Volatile.Read(ref _busySince) is not Waiting and var since
        && Environment.TickCount64 - since > LongestMilliseconds;

    /// <summary>The time spent outside of the poller while it was measured, in <see cref="Stopwatch"/> ticks. It never
    /// goes back.</summary>
    public long Active
    {
        get
        {
            long active = ReadActive();
            long reported = Volatile.Read(ref _reported);
            while (active > reported)
            {
                long seen = Interlocked.CompareExchange(ref _reported, active, reported);
                if (seen == reported)
                    return active;
                reported = seen;
            }
            return reported;
        }
    }

    /// <summary>The poller is about to wait.</summary>
    public void BeginWait()
    {
        // First, so that no reader adds the turn to a sum that has it already.
        Volatile.Write(ref _busySince, Waiting);
        if (!_isMeasured)
            return;
        long turn = Stopwatch.GetTimestamp() - _since;
        Volatile.Write(ref _active, _active + turn);
        Record(Turns!, (double)turn / Stopwatch.Frequency);
    }

    /// <summary>The poller has waited.</summary>
    public void EndWait()
    {
        _isMeasured = Stalls is { Enabled: true } || Turns is { Enabled: true };
        Volatile.Write(ref _since, _isMeasured ? Stopwatch.GetTimestamp() : 0);
        Volatile.Write(ref _busySince, Environment.TickCount64);
    }

    /// <summary>A callback has returned to the loop.</summary>
    public void Ran()
    {
        if (!_isMeasured)
            return;
        long now = Environment.TickCount64;
        long took = now - Math.Max(_busySince, _ranAt);
        _ranAt = now;
        if (took <= LongestMilliseconds)
            return;
        Record(Stalls!, took / 1000.0);
        Stalled?.Invoke(TimeSpan.FromMilliseconds(took));
    }

    private void Record(Histogram<double> histogram, double seconds)
    {
        try
        {
            histogram.Record(seconds, Tag);
        }
        catch (Exception e)
        {
            // A listener is foreign code, and must not end the loop.
            Faulted?.Invoke(e);
        }
    }

    private long ReadActive()
    {
        while (true)
        {
            long active = Volatile.Read(ref _active);
            long since = Volatile.Read(ref _since);
            long now = Stopwatch.GetTimestamp();
            bool isBusy = since != 0 && Volatile.Read(ref _busySince) != Waiting;
            // Another turn may have begun.
            if (since == Volatile.Read(ref _since))
                return isBusy ? active + now - since : active;
        }
    }
}
