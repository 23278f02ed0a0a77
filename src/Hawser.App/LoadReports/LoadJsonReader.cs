using System.Text.Json;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.LoadReports;

/// <summary>Reads what <see cref="LoadJson"/> writes, and checks it: it may come from the network.</summary>
/// <param name="json">The object.</param>
internal readonly struct LoadJsonReader(JsonElement json)
{
    // Far above what a load can count or measure, and so low that the sums of many are exact.
    private const long MostCount = 1L << 50;
    private const double MostNumber = 1e15;
    private const int MostClients = 1_000_000;

    /// <summary>A view.</summary>
    /// <exception cref="FormatException">A member is out of bounds.</exception>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    public PingLoadView View() => new(TimeSpan.FromSeconds(Number("seconds")))
    {
        RoundTrips = Count("round_trips"),
        Connected = (int)Count("connected", MostClients),
        Failed = (int)Count("failed_clients", MostClients),
        Latency = Histogram("latency"),
    };

    /// <summary>The report of a load.</summary>
    /// <inheritdoc cref="View"/>
    public PingLoadReport Report(PingLoadOptions options, string? origin)
    {
        LatencyHistogram latency = Histogram("latency");
        long roundTrips = latency.Count;
        Require("clients", Count("clients") == options.Clients);
        Require("round_trips", Count("round_trips") == roundTrips);
        return new PingLoadReport(options)
        {
            Time = TimeSpan.FromSeconds(Number("seconds")),
            Rate = Number("round_trips_per_second"),
            Unanswered = Count("unanswered"),
            Failed = (int)Count("failed_clients", options.Clients),
            FirstError = FirstError(origin),
            Latency = latency,
            ServiceTime = Histogram("service_time"),
            FirstAnswer = Histogram("first_answer"),
            Connect = Histogram("connect"),
            JainIndex = roundTrips == 0 ? 1 : Jain(),
            AnsweredClients = (int)Count("answered_clients", options.Clients),
            Slowest = Count("slowest_client"),
            Fastest = Count("fastest_client"),
            CpuShare = Number("load_cpu_share"),
            CpuTime = roundTrips == 0 ? TimeSpan.Zero
                : TimeSpan.FromMicroseconds(Number("load_cpu_ns_per_round_trip") * roundTrips / 1e3),
        };
    }

    /// <summary>A text.</summary>
    /// <inheritdoc cref="View"/>
    public string? Text(string name) => json.GetProperty(name).GetString();

    private string? FirstError(string? origin)
    {
        if (!json.TryGetProperty("first_error", out _))
            return null;
        string error = Printable.Line(Text("first_error") ?? "");
        return origin is null ? error : $"{origin}: {error}";
    }

    private double Jain()
    {
        double index = Number("jain_index");
        Require("jain_index", index is > 1e-9 and <= 1 + 1e-9);
        return index;
    }

    private double Number(string name)
    {
        double number = json.GetProperty(name).GetDouble();
        Require(name, number is >= 0 and <= MostNumber);
        return number;
    }

    private long Count(string name, long most = MostCount)
    {
        long count = json.GetProperty(name).GetInt64();
        Require(name, count >= 0 && count <= most);
        return count;
    }

    // Minimum, maximum and every bucket as the load counted them; the sum only as exact as the mean was printed.
    private LatencyHistogram Histogram(string name)
    {
        JsonElement histogram = json.GetProperty(name);
        long count = histogram.GetProperty("count").GetInt64();
        if (count == 0)
            return new LatencyHistogram();
        long min = histogram.GetProperty("min_ns").GetInt64();
        long max = histogram.GetProperty("max_ns").GetInt64();
        Require(name, count is > 0 and <= MostCount && min >= 0 && max >= min);
        decimal sum = Math.Round((decimal)histogram.GetProperty("mean_ns").GetDouble() * count);
        HistogramBucket[] buckets =
        [
            .. histogram.GetProperty("buckets").EnumerateArray().Select(bucket =>
            {
                Require(name, bucket.GetArrayLength() == 3);
                return new HistogramBucket(bucket[0].GetInt64(), bucket[1].GetInt64(), bucket[2].GetInt64());
            }),
        ];
        return LatencyHistogram.FromSnapshot(new HistogramSnapshot(
            count, 0, min, max, Math.Clamp(sum, (decimal)min * count, (decimal)max * count), buckets));
    }

    private static void Require(string name, bool isValid)
    {
        if (!isValid)
            throw new FormatException($"{name}: out of bounds");
    }
}
