using Hawser.Services.Measuring;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The totals of a report; the distributions cover the clients with all four timestamps.</summary>
/// <param name="Clients">The number of clients.</param>
/// <param name="Sent">Ticks sent.</param>
/// <param name="Exchanges">Ticks answered.</param>
/// <param name="Missed">Ticks missed, as far as known; null if unknown for all clients.</param>
/// <param name="Lost">Ticks sent and not answered.</param>
/// <param name="Lateness">Lateness of ticks.</param>
/// <param name="Delay">Round-trip delay.</param>
/// <param name="Jitter">Differences between consecutive delays.</param>
/// <param name="DelayHistogram">The delays in buckets.</param>
public sealed record ClockTotals(
    int Clients,
    long Sent,
    long Exchanges,
    long? Missed,
    long Lost,
    LatencySpread? Lateness,
    LatencySpread? Delay,
    LatencySpread? Jitter,
    HistogramSnapshot DelayHistogram)
{
    internal static ClockTotals Of(IReadOnlyList<ClientReport> clients)
    {
        LatencyHistogram lateness = new(), delay = new(), jitter = new();
        foreach (ClientReport client in clients)
        {
            if (client.Statistics is not { } statistics)
                continue;
            lateness.Add(statistics.Lateness);
            delay.Add(statistics.Delay);
            jitter.Add(statistics.Jitter);
        }

        return new ClockTotals(
            clients.Count,
            clients.Sum(client => client.Sent),
            clients.Sum(client => client.Exchanges),
            clients.Any(client => client.Missed is null) && clients.All(client => client.Missed is null)
                ? null : clients.Sum(client => client.Missed ?? 0),
            clients.Sum(client => client.Lost),
            LatencySpread.Of(lateness),
            LatencySpread.Of(delay),
            LatencySpread.Of(jitter),
            delay.ToSnapshot());
    }
}
