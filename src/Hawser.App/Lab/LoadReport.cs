using System.Text.Json;
using Hawser.Services.Measuring;

namespace Hawser.App.Lab;

/// <summary>The report that a load printed.</summary>
/// <param name="Figures">Its figures.</param>
/// <param name="Latency">All latencies, at bucket resolution.</param>
internal sealed record LoadReport(LabFigures Figures, LatencyHistogram Latency)
{
    /// <summary>Parses the output of <see cref="Output.LoadJson"/>.</summary>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
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
        return new LoadReport(figures, ReadBuckets(latency));

        long Count(string name) => report.GetProperty(name).GetInt64();
        long Ns(string name) => latency.GetProperty(name).GetInt64();
    }

    private static LatencyHistogram ReadBuckets(JsonElement latency)
    {
        var histogram = new LatencyHistogram();
        foreach (JsonElement bucket in latency.GetProperty("buckets").EnumerateArray())
        {
            long middle = (bucket[0].GetInt64() + bucket[1].GetInt64()) / 2;
            histogram.Record(middle, bucket[2].GetInt64());
        }
        return histogram;
    }
}
