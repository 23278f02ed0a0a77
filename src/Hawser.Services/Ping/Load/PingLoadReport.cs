using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>The results of a load.</summary>
public sealed class PingLoadReport
{
    // Above this share of its cores, the load client itself may be the bottleneck.
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

    /// <summary>The options of the load.</summary>
    public PingLoadOptions Options { get; }

    /// <summary>Measured time.</summary>
    public TimeSpan Time { get; }

    /// <summary>Round trips measured.</summary>
    public long RoundTrips => _tally.Latency.Count;

    /// <summary>Round trips per second.</summary>
    public double Rate => Time > TimeSpan.Zero ? RoundTrips / Time.TotalSeconds : 0;

    /// <summary>From the scheduled time of a ping to its pong; of a closed loop, from its sending.</summary>
    public LatencyHistogram Latency => _tally.Latency;

    /// <summary>From the sending of a ping to its pong.</summary>
    public LatencyHistogram ServiceTime => _tally.ServiceTime;

    /// <summary>The time to connect, of each connection.</summary>
    public LatencyHistogram Connect => _tally.Connect;

    /// <summary>The first round trip of each connection.</summary>
    public LatencyHistogram FirstAnswer => _tally.FirstAnswer;

    /// <summary>Pings without a pong: of an open loop, those of the measured schedule; of a closed loop, those in
    /// flight when their connection ended. Under churn, connections that failed.</summary>
    public long Unanswered => _tally.Unanswered;

    /// <summary>Clients that ended in an error.</summary>
    public int Failed => _tally.Failed;

    /// <summary>The first error; null if there was none.</summary>
    public string? FirstError => _tally.FirstError;

    /// <summary>The fairness index of the round trips per client; 1 is perfectly even.</summary>
    public double JainIndex { get; }

    /// <summary>Round trips of the client that got the fewest.</summary>
    public long Slowest { get; }

    /// <summary>Round trips of the client that got the most.</summary>
    public long Fastest { get; }

    /// <summary>Clients that got at least one round trip.</summary>
    public int AnsweredClients { get; }

    /// <summary>The CPU use of the load client's loops, 1 for all the time.</summary>
    public double CpuShare { get; }

    /// <summary>User and system time of the load client per round trip; zero without one.</summary>
    public TimeSpan CpuPerRoundTrip =>
        RoundTrips == 0 ? default : Time * CpuShare * Math.Min(Options.Loops, Options.Clients) / RoundTrips;

    /// <summary>The load client may have been the bottleneck: the figures are then a lower bound.</summary>
    public bool WasItsOwnLimit => CpuShare > BusyShare;
}
