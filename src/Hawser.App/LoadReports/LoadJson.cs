using System.Text.Json;
using Hawser.App.Output;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.LoadReports;

/// <summary>A load as lines of JSON: views of its progress, then the report.</summary>
internal static class LoadJson
{
    private static readonly (string Name, double Percent)[] Percentiles =
    [
        ("p50_ns", 50), ("p75_ns", 75), ("p90_ns", 90), ("p95_ns", 95), ("p99_ns", 99), ("p999_ns", 99.9),
        ("p9999_ns", 99.99),
    ];

    public static string Of(LoadOutcome outcome) => JsonLine.Of(json =>
    {
        PingLoadReport report = outcome.Report;
        json.WriteString("type", "report");
        if (outcome.Agents is { } agents)
            WriteAgents(json, agents, outcome.Lost);
        json.WriteNumber("clients", report.Options.Clients);
        json.WriteString("loop", report.Options.Rate is null ? "closed" : "open");
        json.WriteString("wire", report.Options.Wire.Name);
        json.WriteNumber("pipeline", report.Options.Pipeline);
        json.WriteBoolean("churn", report.Options.IsChurn);
        if (report.Options.Rate is { } rate)
            json.WriteNumber("scheduled_per_second", rate);
        json.WriteNumber("seconds", report.Time.TotalSeconds);
        json.WriteNumber("round_trips", report.RoundTrips);
        json.WriteNumber("round_trips_per_second", report.Rate);
        json.WriteNumber("unanswered", report.Unanswered);
        json.WriteNumber("failed_clients", report.Failed);
        if (report.FirstError is { } error)
            json.WriteString("first_error", error);
        WriteHistogram(json, "latency", report.Latency);
        WriteHistogram(json, "service_time", report.ServiceTime);
        WriteHistogram(json, "first_answer", report.FirstAnswer);
        WriteHistogram(json, "connect", report.Connect);
        if (report.RoundTrips > 0)
            json.WriteNumber("jain_index", report.JainIndex);
        else
            json.WriteNull("jain_index");
        json.WriteNumber("answered_clients", report.AnsweredClients);
        json.WriteNumber("slowest_client", report.Slowest);
        json.WriteNumber("fastest_client", report.Fastest);
        json.WriteNumber("load_cpu_share", report.CpuShare);
        if (report.RoundTrips > 0)
            json.WriteNumber("load_cpu_ns_per_round_trip", report.CpuPerRoundTrip.TotalNanoseconds);
        else
            json.WriteNull("load_cpu_ns_per_round_trip");
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

    /// <summary>Reads a line that another process wrote.</summary>
    /// <param name="line">A view or the report.</param>
    /// <param name="options">The load that the process runs.</param>
    /// <param name="onView">Receives a view.</param>
    /// <param name="origin">The process, to begin its first error with; null for none.</param>
    /// <returns>The report; null of a view.</returns>
    /// <exception cref="FormatException">The line is malformed, or of another load.</exception>
    public static PingLoadReport? Read(
        string line, PingLoadOptions options, Action<PingLoadView> onView, string? origin = null)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var members = new LoadJsonReader(json.RootElement);
            if (members.Text("type") == "report")
                return members.Report(options, origin);
            onView(members.View());
            return null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            string why = e switch
            {
                JsonException malformed => JsonFault.Describe(malformed),
                FormatException => e.Message,
                // An escape of half a character.
                _ => "a string is not Unicode",
            };
            throw new FormatException($"malformed report of the load: {Printable.Line(why)}", e);
        }
    }

    private static void WriteAgents(Utf8JsonWriter json, int agents, IReadOnlyList<LostAgent> lost)
    {
        json.WriteNumber("agents", agents);
        json.WriteStartArray("lost_agents");
        foreach (LostAgent agent in lost)
        {
            json.WriteStartObject();
            json.WriteString("agent", agent.Name);
            json.WriteNumber("clients", agent.Clients);
            json.WriteString("reason", agent.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteHistogram(Utf8JsonWriter json, string name, LatencyHistogram histogram)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", histogram.Count);
        Write("min_ns", histogram.MinNs);
        foreach ((string percentile, double percent) in Percentiles)
            Write(percentile, histogram.PercentileNs(percent));
        Write("max_ns", histogram.MaxNs);
        Write("mean_ns", histogram.MeanNs);
        WriteBuckets(json, histogram);
        json.WriteEndObject();

        void Write(string figure, double ns)
        {
            if (histogram.Count > 0)
                json.WriteNumber(figure, ns);
            else
                json.WriteNull(figure);
        }
    }

    // [lowest_ns, highest_ns, count] of each non-empty bucket: for curves, and to add up several loads.
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
