using System.Text.Json;

namespace Hawser.Bench.Rivals;

/// <summary>What a sender of timestamps at a fixed rate has found out, in nanoseconds.</summary>
/// <param name="Sent">Timestamps sent.</param>
/// <param name="DelayMin">The shortest round trip.</param>
/// <param name="DelayMedian">Half of them took at most this.</param>
/// <param name="DelayP99">99 of 100 took at most this.</param>
/// <param name="DelayMax">The longest.</param>
/// <param name="JitterMedian">Median of the differences of delays that follow each other (IPDV), without sign.</param>
/// <param name="JitterMax">The largest of them.</param>
internal sealed record DelayFigures(
    long Sent, double DelayMin, double DelayMedian, double DelayP99, double DelayMax, double JitterMedian,
    double JitterMax)
{
    /// <summary>Reads what <c>hawser clock --json</c> prints.</summary>
    public static DelayFigures OfHawser(JsonElement report)
    {
        JsonElement all = report.GetProperty("all");
        JsonElement delay = all.GetProperty("delay");
        JsonElement jitter = all.GetProperty("jitter");
        return new DelayFigures(
            all.GetProperty("sent").GetInt64(), Of(delay, "minNs"), Of(delay, "medianNs"), Of(delay, "p99Ns"),
            Of(delay, "maxNs"), Of(jitter, "medianNs"), Of(jitter, "maxNs"));
    }

    /// <summary>Reads what <c>irtt client -o -</c> prints.</summary>
    public static DelayFigures OfIrtt(JsonElement report)
    {
        JsonElement stats = report.GetProperty("stats");
        JsonElement delay = stats.GetProperty("rtt");
        JsonElement jitter = stats.GetProperty("ipdv_round_trip");
        return new DelayFigures(
            stats.GetProperty("packets_sent").GetInt64(), Of(delay, "min"), Of(delay, "median"),
            P99Of(report.GetProperty("round_trips")), Of(delay, "max"), Of(jitter, "median"), Of(jitter, "max"));
    }

    // irtt tells no percentiles, but every round trip. Nearest rank, as hawser's.
    private static double P99Of(JsonElement roundTrips)
    {
        double[] delays = [.. roundTrips.EnumerateArray().Select(trip => trip.GetProperty("delay"))
            .Where(delay => delay.TryGetProperty("rtt", out _)).Select(delay => Of(delay, "rtt")).Order()];
        return delays.Length == 0
            ? throw new BenchException("irtt got no answer")
            : delays[(int)Math.Ceiling(0.99 * delays.Length) - 1];
    }

    private static double Of(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}
