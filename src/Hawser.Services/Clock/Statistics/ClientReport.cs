using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The figures of one client's exchanges. What the sources do not contain is null.</summary>
public sealed record ClientReport
{
    /// <summary>The id that the server assigned; null if only rows were read.</summary>
    public uint? ClientId { get; init; }

    /// <summary>The client's <c>ip:port</c>.</summary>
    public required string Client { get; init; }

    /// <summary>The server's <c>ip:port</c>.</summary>
    public required string Server { get; init; }

    /// <summary>The file, without its folder; null for a live measurement.</summary>
    public string? File { get; init; }

    /// <summary>The run of that file, from 1; null if it has only one.</summary>
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

    /// <summary>Ticks not sent because their time had passed; from rows alone, those visible as gaps.</summary>
    public long? Missed { get; init; }

    /// <summary>Ticks sent and not answered.</summary>
    public long Lost => Sent - Exchanges;

    /// <summary>How late ticks were sent.</summary>
    public LatencySpread? Lateness { get; init; }

    /// <summary>Round-trip delay without the server's own time (RFC 5905, section 8).</summary>
    public LatencySpread? Delay { get; init; }

    /// <summary>The difference between the delays of consecutive ticks (RFC 3393).</summary>
    public LatencySpread? Jitter { get; init; }

    /// <summary>The offset of the clocks, from the exchange with the least delay.</summary>
    public OffsetEstimate? Offset { get; init; }

    /// <summary>Drift of the clocks; null below 64 exchanges.</summary>
    public DriftEstimate? Drift { get; init; }

    /// <summary>The first hundred steps of either wall clock.</summary>
    public IReadOnlyList<ClockStep> Steps { get; init; } = [];

    /// <summary>The number of steps; null if the sources do not show them.</summary>
    public int? StepsSeen { get; init; }

    /// <summary>The figures of rows without a companion; null if all four timestamps were read.</summary>
    public RowTiming? Rows { get; init; }

    /// <summary>The recordings received from others; null without a swap, or if unknown.</summary>
    public ClientDeliveries? Deliveries { get; init; }

    /// <summary>The time of its first row, on the wall clock; part of its identity across files.</summary>
    internal long FirstRowNs { get; init; }

    /// <summary>The distributions behind the figures, for plots and totals; not part of JSON.</summary>
    internal ClockStatistics? Statistics { get; init; }

    /// <summary>The report of a live measurement.</summary>
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
