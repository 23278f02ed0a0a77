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

    private const double MostSeconds = 1e9;

    // A decimal holds it.
    private const double MostSum = 1e28;
    private const int MostClients = 1_000_000;

    /// <summary>A view.</summary>
    /// <exception cref="FormatException">A member is missing, of another type or out of bounds; the message names
    /// it.</exception>
    public PingLoadView View() => new(TimeSpan.FromSeconds(Number("seconds", MostSeconds)))
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
            Time = TimeSpan.FromSeconds(Number("seconds", MostSeconds)),
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
            CpuTime = roundTrips == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(
                Number("load_cpu_ns_per_round_trip", MostSeconds * 1e9 / roundTrips) * roundTrips / 1e3),
        };
    }

    /// <summary>A text.</summary>
    /// <inheritdoc cref="View"/>
    public string Text(string name)
    {
        JsonElement text = Member(json, name);
        Require(name, text.ValueKind == JsonValueKind.String, "not a string");
        return text.GetString()!;
    }

    private string? FirstError(string? origin)
    {
        if (!json.TryGetProperty("first_error", out _))
            return null;
        string error = Printable.Line(Text("first_error"));
        return origin is null ? error : $"{origin}: {error}";
    }

    private double Jain()
    {
        double index = Number("jain_index");
        Require("jain_index", index is > 1e-9 and <= 1 + 1e-9);
        return index;
    }

    private double Number(string name, double most = MostNumber)
    {
        double number = NumberOf(json, name);
        Require(name, number >= 0 && number <= most);
        return number;
    }

    private long Count(string name, long most = MostCount)
    {
        long count = IntegerOf(Member(json, name), name);
        Require(name, count >= 0 && count <= most);
        return count;
    }

    // Minimum, maximum and every bucket as the load counted them; the sum only as exact as the mean was printed.
    private LatencyHistogram Histogram(string name)
    {
        JsonElement histogram = Member(json, name);
        long count = IntegerOf(Member(histogram, "count"), name);
        if (count == 0)
            return new LatencyHistogram();
        long min = IntegerOf(Member(histogram, "min_ns"), name);
        long max = IntegerOf(Member(histogram, "max_ns"), name);
        Require(name, count is > 0 and <= MostCount && min >= 0 && max >= min);
        double mean = NumberOf(histogram, "mean_ns");
        Require(name, mean >= 0 && mean * count <= MostSum && (double)max * count <= MostSum);
        decimal sum = Math.Round((decimal)mean * count);
        JsonElement all = Member(histogram, "buckets");
        Require(name, all.ValueKind == JsonValueKind.Array);
        HistogramBucket[] buckets =
        [
            .. all.EnumerateArray().Select(bucket =>
            {
                Require(name, bucket.ValueKind == JsonValueKind.Array && bucket.GetArrayLength() == 3);
                long held = IntegerOf(bucket[2], name);
                Require(name, held <= count);
                return new HistogramBucket(IntegerOf(bucket[0], name), IntegerOf(bucket[1], name), held);
            }),
        ];
        return LatencyHistogram.FromSnapshot(new HistogramSnapshot(
            count, 0, min, max, Math.Clamp(sum, (decimal)min * count, (decimal)max * count), buckets));
    }

    private static JsonElement Member(JsonElement parent, string name)
    {
        JsonElement member = default;
        Require(name, parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out member), "missing");
        return member;
    }

    private static double NumberOf(JsonElement parent, string name)
    {
        JsonElement member = Member(parent, name);
        double number = 0;
        Require(name, member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out number), "not a number");
        return number;
    }

    private static long IntegerOf(JsonElement value, string name)
    {
        long number = 0;
        Require(name, value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number), "not an integer");
        return number;
    }

    private static void Require(string name, bool isValid, string fault = "out of bounds")
    {
        if (!isValid)
            throw new FormatException($"{name}: {fault}");
    }
}
