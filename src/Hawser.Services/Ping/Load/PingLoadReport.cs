using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>What a load measured.</summary>
public sealed class PingLoadReport
{
    // Above this share of its loops' cores the load client itself may have been what was measured.
    private const double BusyShare = 0.9;

    private readonly PingTally _tally;

    internal PingLoadReport(PingLoadOptions options, PingTally tally, TimeSpan time, double cpuShare)
    {
        Options = options;
        _tally = tally;
        Time = time;
        CpuShare = cpuShare;
        double[] shares = [.. Enumerable.Range(0, options.Clients).Select(client =>
            (double)tally.RoundTrips.GetValueOrDefault(client))];
        JainIndex = Fairness.JainIndex(shares);
        Slowest = (long)shares.Min();
        Fastest = (long)shares.Max();
        AnsweredClients = shares.Count(share => share > 0);
    }

    /// <summary>The load.</summary>
    public PingLoadOptions Options { get; }

    /// <summary>Measured time.</summary>
    public TimeSpan Time { get; }

    /// <summary>Round trips measured.</summary>
    public long RoundTrips => _tally.Latency.Count;

    /// <summary>Round trips per second.</summary>
    public double Rate => Time > TimeSpan.Zero ? RoundTrips / Time.TotalSeconds : 0;

    /// <summary>From when a ping was to be sent to its pong; under a closed loop that is when it was sent.</summary>
    public LatencyHistogram Latency => _tally.Latency;

    /// <summary>From when a ping was really sent to its pong.</summary>
    public LatencyHistogram ServiceTime => _tally.ServiceTime;

    /// <summary>Of each connection.</summary>
    public LatencyHistogram Connect => _tally.Connect;

    /// <summary>Each connection's first round trip.</summary>
    public LatencyHistogram FirstAnswer => _tally.FirstAnswer;

    /// <summary>Pings without a pong: of an open loop's schedule those that were to be measured, of a closed loop those
    /// that were under way when their connection ended. Under churn, connections that failed.</summary>
    public long Unanswered => _tally.Unanswered;

    /// <summary>Clients that ended in an error.</summary>
    public int Failed => _tally.Failed;

    /// <summary>The first error; null when there was none.</summary>
    public string? FirstError => _tally.FirstError;

    /// <summary>How evenly the round trips were shared among the clients, 1 for perfectly.</summary>
    public double JainIndex { get; }

    /// <summary>Round trips of the client that got the fewest.</summary>
    public long Slowest { get; }

    /// <summary>Round trips of the client that got the most.</summary>
    public long Fastest { get; }

    /// <summary>Clients that got at least one round trip.</summary>
    public int AnsweredClients { get; }

    /// <summary>How busy the load client's loops were, 1 for all the time.</summary>
    public double CpuShare { get; }

    /// <summary>User and system time of the load client per round trip; zero without one.</summary>
    public TimeSpan CpuPerRoundTrip =>
        RoundTrips == 0 ? default : Time * CpuShare * Math.Min(Options.Loops, Options.Clients) / RoundTrips;

    /// <summary>The load client itself may have been the limit: its figures are then a lower bound.</summary>
    public bool WasItsOwnLimit => CpuShare > BusyShare;
}
