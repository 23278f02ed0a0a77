using Hawser.Services.Measuring;

namespace Hawser.Services.Ping.Load;

/// <summary>The figures of one loop's clients. Belongs to that loop's thread.</summary>
internal sealed class PingTally
{
    /// <summary>From the beginning of a connection to its end.</summary>
    public LatencyHistogram Connect { get; } = new();

    /// <summary>Each connection's first round trip.</summary>
    public LatencyHistogram FirstAnswer { get; } = new();

    /// <summary>From when a ping was to be sent to its pong.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>From when a ping was really sent to its pong.</summary>
    public LatencyHistogram ServiceTime { get; } = new();

    /// <summary>Round trips measured, by client.</summary>
    public Dictionary<int, long> RoundTrips { get; } = [];

    /// <summary>Pings that never got a pong.</summary>
    public long Unanswered { get; set; }

    /// <summary>Clients that are connected, or were to the end of the load.</summary>
    public int Connected { get; set; }

    /// <summary>Clients that ended in an error.</summary>
    public int Failed { get; set; }

    /// <summary>The first error.</summary>
    public string? FirstError { get; set; }

    /// <summary>Adds all that another has.</summary>
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
