using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>The progress of a load.</summary>
public sealed class PingLoadView
{
    internal PingLoadView(TimeSpan elapsed) => Elapsed = elapsed;

    internal PingLoadView(TimeSpan elapsed, PingTally now, PingTally before)
        : this(elapsed)
    {
        RoundTrips = now.Latency.Count;
        Connected = now.Connected;
        Failed = now.Failed;
        Latency = now.Latency.Since(before.Latency);
    }

    /// <summary>Measured time so far; zero during ramp and warm-up.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Round trips measured so far.</summary>
    public long RoundTrips { get; internal init; }

    /// <summary>Round trips since the last view.</summary>
    public long NewRoundTrips => Latency.Count;

    /// <summary>Connections that are open, or were until the end of the load.</summary>
    public int Connected { get; internal init; }

    /// <summary>Clients that ended in an error.</summary>
    public int Failed { get; internal init; }

    /// <summary>Latency since the last view.</summary>
    public LatencyHistogram Latency { get; internal init; } = new();
}
