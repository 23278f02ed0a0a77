using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;

namespace Hawser.Services.Clock.Statistics;

/// <summary>What is known of one client's exchanges. What the sources do not tell is null.</summary>
public sealed record ClientReport
{
    /// <summary>The id the server gave; null when only rows were read.</summary>
    public uint? ClientId { get; init; }

    /// <summary>The client's <c>ip:port</c>.</summary>
    public required string Client { get; init; }

    /// <summary>The server's <c>ip:port</c>.</summary>
    public required string Server { get; init; }

    /// <summary>The file it was read from, without its folder; null when it was measured just now.</summary>
    public string? File { get; init; }

    /// <summary>Which run of that file, from 1; null when it has only one.</summary>
    public int? Run { get; init; }

    /// <summary>How that run ends.</summary>
    public TimeDataEnding? Ending { get; init; }

    /// <summary>The duration in the words of the file's last line.</summary>
    public string? Duration { get; init; }

    /// <summary>The time between ticks.</summary>
    public long? IntervalNs { get; init; }

    /// <summary>Ticks sent.</summary>
    public required long Sent { get; init; }

    /// <summary>Ticks answered: the exchanges made.</summary>
    public required long Exchanges { get; init; }

    /// <summary>Ticks not sent because their time had passed; from rows alone, those that gaps show.</summary>
    public long? Missed { get; init; }

    /// <summary>Ticks sent and never answered.</summary>
    public long Lost => Sent - Exchanges;

    /// <summary>How long after they were due ticks were sent.</summary>
    public LatencySpread? Lateness { get; init; }

    /// <summary>Round-trip delay without the server's own time (RFC 5905, section 8).</summary>
    public LatencySpread? Delay { get; init; }

    /// <summary>How much the delays of ticks that follow each other differ (RFC 3393).</summary>
    public LatencySpread? Jitter { get; init; }

    /// <summary>Offset of the clocks, by the exchange with the least delay.</summary>
    public OffsetEstimate? Offset { get; init; }

    /// <summary>Drift of the clocks; null below 64 exchanges.</summary>
    public DriftEstimate? Drift { get; init; }

    /// <summary>The first hundred steps of either wall clock.</summary>
    public IReadOnlyList<ClockStep> Steps { get; init; } = [];

    /// <summary>How many steps there were; null when they could not be seen.</summary>
    public int? StepsSeen { get; init; }

    /// <summary>What the rows alone tell; null when all four timestamps were read.</summary>
    public RowTiming? Rows { get; init; }

    /// <summary>What it has of the others' recordings; null when nothing was to be exchanged, or nobody
    /// knows.</summary>
    public ClientDeliveries? Deliveries { get; init; }

    /// <summary>When its first row in the file was sent, by the wall clock; part of its identity across files.</summary>
    internal long FirstRowNs { get; init; }

    /// <summary>The distributions behind the figures, for plots and totals; not part of JSON.</summary>
    internal ClockStatistics? Statistics { get; init; }

    /// <summary>The report of a client that has just measured.</summary>
    internal static ClientReport Of(
        ExchangeLogHeading heading, ExchangeCounts counts, ClockStatistics statistics) => new()
        {
            ClientId = heading.ClientId,
            Client = heading.Client,
            Server = heading.Server,
            IntervalNs = heading.IntervalNs,
            Sent = counts.Sent,
            Exchanges = counts.Answered,
            Missed = counts.Missed,
            Lateness = LatencySpread.Of(statistics.Lateness),
            Delay = LatencySpread.Of(statistics.Delay),
            Jitter = LatencySpread.Of(statistics.Jitter),
            Offset = statistics.Offset,
            Drift = statistics.Drift,
            Steps = statistics.Steps,
            StepsSeen = statistics.StepsSeen,
            Statistics = statistics,
        };
}
