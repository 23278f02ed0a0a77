using System.Text.Json;

namespace Hawser.Bench.Rivals;

/// <summary>Figures of a program that sends timestamps at a fixed rate, in nanoseconds.</summary>
/// <param name="Sent">Timestamps sent.</param>
/// <param name="DelayMin">Minimum round trip.</param>
/// <param name="DelayMedian">Median round trip.</param>
/// <param name="DelayP99">99th percentile of the round trips.</param>
/// <param name="DelayMax">Maximum round trip.</param>
/// <param name="JitterMedian">Median absolute difference of consecutive delays (IPDV).</param>
/// <param name="JitterMax">Maximum of the same.</param>
internal sealed record DelayFigures(
    long Sent, double DelayMin, double DelayMedian, double DelayP99, double DelayMax, double JitterMedian,
    double JitterMax)
{
    /// <summary>Parses the output of <c>hawser clock --json</c>.</summary>
    public static DelayFigures OfHawser(JsonElement report)
    {
        JsonElement all = report.GetProperty("all");
        JsonElement delay = all.GetProperty("delay");
        JsonElement jitter = all.GetProperty("jitter");
        return new DelayFigures(
            all.GetProperty("sent").GetInt64(), Of(delay, "min_ns"), Of(delay, "median_ns"), Of(delay, "p99_ns"),
            Of(delay, "max_ns"), Of(jitter, "median_ns"), Of(jitter, "max_ns"));
    }

    /// <summary>Parses the output of <c>irtt client -o -</c>.</summary>
    public static DelayFigures OfIrtt(JsonElement report)
    {
        JsonElement stats = report.GetProperty("stats");
        JsonElement delay = stats.GetProperty("rtt");
        JsonElement jitter = stats.GetProperty("ipdv_round_trip");
        return new DelayFigures(
            stats.GetProperty("packets_sent").GetInt64(), Of(delay, "min"), Of(delay, "median"),
            P99Of(report.GetProperty("round_trips")), Of(delay, "max"), Of(jitter, "median"), Of(jitter, "max"));
    }

    // irtt reports every round trip, but no percentiles. Nearest rank, as in hawser.
    private static double P99Of(JsonElement roundTrips)
    {
        double[] delays = [.. roundTrips.EnumerateArray().Select(trip => trip.GetProperty("delay"))
            .Where(delay => delay.TryGetProperty("rtt", out _)).Select(delay => Of(delay, "rtt")).Order()];
        return delays.Length == 0
            ? throw new BenchException("irtt received no answer")
            : delays[(int)Math.Ceiling(0.99 * delays.Length) - 1];
    }

    private static double Of(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}
