using System.Text.Json;
using Hawser.Services.Measuring;

namespace Hawser.App.Lab;

/// <summary>The report that a load printed.</summary>
/// <param name="Figures">Its figures.</param>
/// <param name="Latency">All latencies: the histogram of the load, so that those of several loads add up to that of
/// all.</param>
internal sealed record LoadReport(LabFigures Figures, LatencyHistogram Latency)
{
    /// <summary>Parses the output of <see cref="Output.LoadJson"/>.</summary>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    /// <exception cref="FormatException">The histogram contradicts itself.</exception>
    public static LoadReport Parse(JsonElement report)
    {
        JsonElement latency = report.GetProperty("latency");
        var figures = new LabFigures
        {
            Seconds = report.GetProperty("seconds").GetDouble(),
            RoundTrips = Count("round_trips"),
            RoundTripsPerSecond = report.GetProperty("round_trips_per_second").GetDouble(),
            LatencyP50Ns = Ns("p50_ns"),
            LatencyP90Ns = Ns("p90_ns"),
            LatencyP99Ns = Ns("p99_ns"),
            LatencyP999Ns = Ns("p999_ns"),
            LatencyMaxNs = Ns("max_ns"),
            Unanswered = Count("unanswered"),
            JainIndex = report.GetProperty("jain_index").GetDouble(),
            AnsweredClients = Count("answered_clients"),
            SlowestClientRoundTrips = Count("slowest_client"),
            FastestClientRoundTrips = Count("fastest_client"),
            LoadCpuShare = report.GetProperty("load_cpu_share").GetDouble(),
            LoadCpuMicrosecondsPerRoundTrip = report.GetProperty("load_cpu_ns_per_round_trip").GetDouble() / 1e3,
            LoadWasLimit = report.GetProperty("load_was_limit").GetBoolean(),
        };
        return new LoadReport(figures, ReadHistogram(latency));

        long Count(string name) => report.GetProperty(name).GetInt64();
        long Ns(string name) => latency.GetProperty(name).GetInt64();
    }

    // Minimum, maximum and every bucket as the load counted them; the sum only as exact as the mean was printed.
    private static LatencyHistogram ReadHistogram(JsonElement latency)
    {
        long count = latency.GetProperty("count").GetInt64();
        long min = latency.GetProperty("min_ns").GetInt64();
        long max = latency.GetProperty("max_ns").GetInt64();
        decimal sum = Math.Round((decimal)latency.GetProperty("mean_ns").GetDouble() * count);
        HistogramBucket[] buckets =
        [
            .. latency.GetProperty("buckets").EnumerateArray().Select(bucket =>
                new HistogramBucket(bucket[0].GetInt64(), bucket[1].GetInt64(), bucket[2].GetInt64())),
        ];
        return LatencyHistogram.FromSnapshot(new HistogramSnapshot(
            count, 0, min, max, Math.Clamp(sum, (decimal)min * count, (decimal)max * count), buckets));
    }
}
