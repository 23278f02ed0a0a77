using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>The counts of one loop's clients. Belongs to that loop's thread.</summary>
internal sealed class PingTally
{
    /// <summary>The time to connect, of each connection.</summary>
    public LatencyHistogram Connect { get; } = new();

    /// <summary>The first round trip of each connection.</summary>
    public LatencyHistogram FirstAnswer { get; } = new();

    /// <summary>From the scheduled time of a ping to its pong.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>From the sending of a ping to its pong.</summary>
    public LatencyHistogram ServiceTime { get; } = new();

    /// <summary>Round trips measured, by client.</summary>
    public Dictionary<int, long> RoundTrips { get; } = [];

    /// <summary>Pings without a pong.</summary>
    public long Unanswered { get; set; }

    /// <summary>Clients that are connected, or were until the end of the load.</summary>
    public int Connected { get; set; }

    /// <summary>Clients that ended in an error.</summary>
    public int Failed { get; set; }

    /// <summary>The first error.</summary>
    public string? FirstError { get; set; }

    /// <summary>Adds the counts of another tally.</summary>
    public void Add(PingTally other)
    {
        Connect.Add(other.Connect);
        FirstAnswer.Add(other.FirstAnswer);
        Latency.Add(other.Latency);
        ServiceTime.Add(other.ServiceTime);
        foreach ((int client, long count) in other.RoundTrips)
            RoundTrips[client] = count;
        Unanswered += other.Unanswered;
        Connected += other.Connected;
        Failed += other.Failed;
        FirstError ??= other.FirstError;
    }
}
