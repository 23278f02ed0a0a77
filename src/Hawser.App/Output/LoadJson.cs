using System.Text.Json;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Output;

/// <summary>A load as JSON, one line. Durations end in their unit.</summary>
internal static class LoadJson
{
    private static readonly double[] Percentiles = [50, 75, 90, 95, 99, 99.9, 99.99];

    public static string Of(PingLoadReport report) => JsonLine.Of(json =>
    {
        json.WriteString("type", "report");
        json.WriteNumber("clients", report.Options.Clients);
        json.WriteString("loop", report.Options.Rate is null ? "closed" : "open");
        if (report.Options.Rate is { } rate)
            json.WriteNumber("scheduled_per_second", rate);
        json.WriteNumber("seconds", report.Time.TotalSeconds);
        json.WriteNumber("round_trips", report.RoundTrips);
        json.WriteNumber("round_trips_per_second", report.Rate);
        json.WriteNumber("unanswered", report.Unanswered);
        json.WriteNumber("failed_clients", report.Failed);
        WriteHistogram(json, "latency", report.Latency, withBuckets: true);
        WriteHistogram(json, "service_time", report.ServiceTime, withBuckets: true);
        WriteHistogram(json, "first_answer", report.FirstAnswer);
        WriteHistogram(json, "connect", report.Connect);
        json.WriteNumber("jain_index", report.JainIndex);
        json.WriteNumber("answered_clients", report.AnsweredClients);
        json.WriteNumber("slowest_client", report.Slowest);
        json.WriteNumber("fastest_client", report.Fastest);
        json.WriteNumber("load_cpu_share", report.CpuShare);
        json.WriteBoolean("load_was_limit", report.WasItsOwnLimit);
    });

    public static string Of(PingLoadView view) => JsonLine.Of(json =>
    {
        json.WriteString("type", "view");
        json.WriteNumber("seconds", view.Elapsed.TotalSeconds);
        json.WriteNumber("round_trips", view.RoundTrips);
        json.WriteNumber("new_round_trips", view.NewRoundTrips);
        json.WriteNumber("connected", view.Connected);
        json.WriteNumber("failed_clients", view.Failed);
        WriteHistogram(json, "latency", view.Latency);
    });

    private static void WriteHistogram(
        Utf8JsonWriter json, string name, LatencyHistogram histogram, bool withBuckets = false)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", histogram.Count);
        json.WriteNumber("min_ns", histogram.MinNs);
        foreach (double percent in Percentiles)
            json.WriteNumber(FormattableString.Invariant($"p{percent}_ns"), histogram.PercentileNs(percent));
        json.WriteNumber("max_ns", histogram.MaxNs);
        json.WriteNumber("mean_ns", histogram.MeanNs);
        if (withBuckets)
            WriteBuckets(json, histogram);
        json.WriteEndObject();
    }

    // [lowest_ns, highest_ns, count] of each bucket that holds anything: what curves are drawn from, and what can be
    // added up over several loads.
    private static void WriteBuckets(Utf8JsonWriter json, LatencyHistogram histogram)
    {
        json.WriteStartArray("buckets");
        foreach (HistogramBucket bucket in histogram.Buckets())
        {
            json.WriteStartArray();
            json.WriteNumberValue(bucket.LowestNs);
            json.WriteNumberValue(bucket.HighestNs);
            json.WriteNumberValue(bucket.Count);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }
}
