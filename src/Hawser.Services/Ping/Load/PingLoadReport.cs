using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>The results of a load.</summary>
public sealed class PingLoadReport
{
    /// <summary>Above this share of its cores, the load client itself may be the bottleneck.</summary>
    internal const double BusyShare = 0.9;

    internal PingLoadReport(PingLoadOptions options) => Options = options;

    internal PingLoadReport(PingLoadOptions options, PingTally tally, TimeSpan time, double cpuShare)
        : this(options)
    {
        Time = time;
        Latency = tally.Latency;
        ServiceTime = tally.ServiceTime;
        Connect = tally.Connect;
        FirstAnswer = tally.FirstAnswer;
        Unanswered = tally.Unanswered;
        Failed = tally.Failed;
        FirstError = tally.FirstError;
        Rate = time > TimeSpan.Zero ? RoundTrips / time.TotalSeconds : 0;
        CpuShare = cpuShare;
        CpuTime = time * cpuShare * Math.Min(options.Loops, options.Clients);
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
    public TimeSpan Time { get; internal init; }

    /// <summary>Round trips measured.</summary>
    public long RoundTrips => Latency.Count;

    /// <summary>Round trips per second.</summary>
    public double Rate { get; internal init; }

    /// <summary>From the scheduled time of a ping to its pong; of a closed loop, from its sending.</summary>
    public LatencyHistogram Latency { get; internal init; } = new();

    /// <summary>From the sending of a ping to its pong.</summary>
    public LatencyHistogram ServiceTime { get; internal init; } = new();

    /// <summary>The time to connect, of each connection.</summary>
    public LatencyHistogram Connect { get; internal init; } = new();

    /// <summary>The first round trip of each connection.</summary>
    public LatencyHistogram FirstAnswer { get; internal init; } = new();

    /// <summary>Pings without a pong: of an open loop, those of the measured schedule; of a closed loop, those in
    /// flight when their connection ended. Under churn, connections that failed.</summary>
    public long Unanswered { get; internal init; }

    /// <summary>Clients that ended in an error.</summary>
    public int Failed { get; internal init; }

    /// <summary>The first error; null if there was none.</summary>
    public string? FirstError { get; internal init; }

    /// <summary>The fairness index of the round trips per client; 1 is perfectly even.</summary>
    public double JainIndex { get; internal init; } = 1;

    /// <summary>Round trips of the client that got the fewest.</summary>
    public long Slowest { get; internal init; }

    /// <summary>Round trips of the client that got the most.</summary>
    public long Fastest { get; internal init; }

    /// <summary>Clients that got at least one round trip.</summary>
    public int AnsweredClients { get; internal init; }

    /// <summary>The CPU use of the load client's loops, 1 for all the time.</summary>
    public double CpuShare { get; internal init; }

    /// <summary>User and system time of the load client per round trip; zero without one.</summary>
    public TimeSpan CpuPerRoundTrip => RoundTrips == 0 ? default : CpuTime / RoundTrips;

    /// <summary>The load client may have been the bottleneck: the figures are then a lower bound.</summary>
    public bool WasItsOwnLimit => CpuShare > BusyShare;

    /// <summary>User and system time of the load client.</summary>
    internal TimeSpan CpuTime { get; init; }

    /// <summary>The report of several loads that ran at the same time, each with its <see cref="PingLoadOptions.Share"/>.
    /// Histograms add up bucket by bucket: every percentile is that of one load with all clients. The CPU use is that of
    /// the busiest.</summary>
    /// <remarks>Jain's index of n clients with the sum S of their round trips is S² / (n Q), where Q is the sum of their
    /// squares: each load's Q follows from its index.</remarks>
    internal static PingLoadReport Merge(IReadOnlyList<PingLoadReport> reports)
    {
        if (reports is [var only])
            return only;
        PingLoadOptions first = reports[0].Options;
        int clients = reports.Sum(report => report.Options.Clients);
        double all = reports.Sum(report => (double)report.RoundTrips);
        double squares = reports.Sum(report =>
            (double)report.RoundTrips * report.RoundTrips / (report.Options.Clients * report.JainIndex));
        return new PingLoadReport(first with
        {
            Clients = clients,
            Rate = first.Rate is null ? null : reports.Sum(report => report.Options.Rate),
        })
        {
            Time = reports.Max(report => report.Time),
            Latency = Sum(report => report.Latency),
            ServiceTime = Sum(report => report.ServiceTime),
            Connect = Sum(report => report.Connect),
            FirstAnswer = Sum(report => report.FirstAnswer),
            Unanswered = reports.Sum(report => report.Unanswered),
            Failed = reports.Sum(report => report.Failed),
            FirstError = reports.Select(report => report.FirstError).FirstOrDefault(error => error is not null),
            Rate = reports.Sum(report => report.Rate),
            JainIndex = all == 0 ? 1 : all * all / (clients * squares),
            Slowest = reports.Min(report => report.Slowest),
            Fastest = reports.Max(report => report.Fastest),
            AnsweredClients = reports.Sum(report => report.AnsweredClients),
            CpuShare = reports.Max(report => report.CpuShare),
            CpuTime = TimeSpan.FromTicks(reports.Sum(report => report.CpuTime.Ticks)),
        };

        LatencyHistogram Sum(Func<PingLoadReport, LatencyHistogram> of)
        {
            var sum = new LatencyHistogram();
            foreach (PingLoadReport report in reports)
                sum.Add(of(report));
            return sum;
        }
    }
}
