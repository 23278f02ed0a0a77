using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>The progress of a load.</summary>
public sealed class PingLoadView
{
    private readonly PingTally _now;

    internal PingLoadView(TimeSpan elapsed, PingTally now, PingTally before)
    {
        Elapsed = elapsed;
        _now = now;
        Latency = now.Latency.Since(before.Latency);
    }

    /// <summary>Measured time so far; zero during ramp and warm-up.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Round trips measured so far.</summary>
    public long RoundTrips => _now.Latency.Count;

    /// <summary>Round trips since the last view.</summary>
    public long NewRoundTrips => Latency.Count;

    /// <summary>Connections that are open, or were until the end of the load.</summary>
    public int Connected => _now.Connected;

    /// <summary>Clients that ended in an error.</summary>
    public int Failed => _now.Failed;

    /// <summary>Latency since the last view.</summary>
    public LatencyHistogram Latency { get; }
}
