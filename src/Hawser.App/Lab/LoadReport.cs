using System.Text.Json;
using Hawser.Services.Measuring;

namespace Hawser.App.Lab;

/// <summary>The report that a load printed.</summary>
/// <param name="Figures">Its figures.</param>
/// <param name="Latency">All latencies: the histogram of the load, so that those of several loads add up to that of
/// all.</param>
internal sealed record LoadReport(LabFigures Figures, LatencyHistogram Latency)
{
    /// <summary>Clients of the load.</summary>
    public int Clients { get; init; }

    /// <summary>Clients that received a pong at any time.</summary>
    public long Reached { get; init; }

    /// <summary>The time to connect, of each connection.</summary>
    public LatencyHistogram Connect { get; init; } = new();

    /// <summary>Parses the output of <see cref="Output.LoadJson"/>.</summary>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    /// <exception cref="FormatException">The histogram contradicts itself.</exception>
    public static LoadReport Parse(JsonElement report)
    {
        LatencyHistogram latency = ReadHistogram(report.GetProperty("latency"));
        var figures = new LabLoadFigures
        {
            Seconds = report.GetProperty("seconds").GetDouble(),
            RoundTrips = Count("round_trips"),
            RoundTripsPerSecond = report.GetProperty("round_trips_per_second").GetDouble(),
            LatencyP50Ns = latency.PercentileNs(50),
            LatencyP90Ns = latency.PercentileNs(90),
            LatencyP99Ns = latency.PercentileNs(99),
            LatencyP999Ns = latency.PercentileNs(99.9),
            LatencyMaxNs = latency.MaxNs,
            Unanswered = Count("unanswered"),
            JainIndex = report.GetProperty("jain_index").GetDouble(),
            AnsweredClients = Count("answered_clients"),
            SlowestClientRoundTrips = Count("slowest_client"),
            FastestClientRoundTrips = Count("fastest_client"),
            LoadCpuShare = report.GetProperty("load_cpu_share").GetDouble(),
            LoadCpuMicrosecondsPerRoundTrip = report.GetProperty("load_cpu_ns_per_round_trip").GetDouble() / 1e3,
            LoadWasLimit = report.GetProperty("load_was_limit").GetBoolean(),
        };
        return new LoadReport(new LabFigures { Load = figures }, latency)
        {
            Clients = report.GetProperty("clients").GetInt32(),
            Reached = report.GetProperty("first_answer").GetProperty("count").GetInt64(),
            Connect = ReadHistogram(report.GetProperty("connect")),
        };

        long Count(string name) => report.GetProperty(name).GetInt64();
    }

    /// <summary>The report of several loads that ran at the same time. Histograms add up bucket by bucket, so every
    /// percentile is that of one load with all clients.</summary>
    /// <remarks>Jain's index of n clients with the sum S of their round trips is S² / (n Q), where Q is the sum of their
    /// squares: each load's Q follows from its index.</remarks>
    public static LoadReport Merge(IReadOnlyList<LoadReport> reports)
    {
        if (reports is [var only])
            return only;
        LabLoadFigures[] loads = [.. reports.Select(report => report.Figures.Load!)];
        LatencyHistogram latency = Sum(reports.Select(report => report.Latency));
        double clients = reports.Sum(report => report.Clients);
        double all = loads.Sum(load => (double)load.RoundTrips);
        double squares = reports.Sum(report => Square(report.Figures.Load!.RoundTrips)
            / (report.Clients * report.Figures.Load.JainIndex));
        var merged = new LabLoadFigures
        {
            Seconds = loads.Max(load => load.Seconds),
            RoundTrips = loads.Sum(load => load.RoundTrips),
            RoundTripsPerSecond = loads.Sum(load => load.RoundTripsPerSecond),
            LatencyP50Ns = latency.PercentileNs(50),
            LatencyP90Ns = latency.PercentileNs(90),
            LatencyP99Ns = latency.PercentileNs(99),
            LatencyP999Ns = latency.PercentileNs(99.9),
            LatencyMaxNs = latency.MaxNs,
            Unanswered = loads.Sum(load => load.Unanswered),
            JainIndex = Square(all) / (clients * squares),
            AnsweredClients = loads.Sum(load => load.AnsweredClients),
            SlowestClientRoundTrips = loads.Min(load => load.SlowestClientRoundTrips),
            FastestClientRoundTrips = loads.Max(load => load.FastestClientRoundTrips),
            LoadCpuShare = loads.Max(load => load.LoadCpuShare),
            LoadCpuMicrosecondsPerRoundTrip =
                loads.Sum(load => load.LoadCpuMicrosecondsPerRoundTrip * load.RoundTrips) / all,
            LoadWasLimit = loads.Any(load => load.LoadWasLimit),
        };
        return new LoadReport(new LabFigures { Load = merged }, latency)
        {
            Clients = (int)clients,
            Reached = reports.Sum(report => report.Reached),
            Connect = Sum(reports.Select(report => report.Connect)),
        };

        static double Square(double value) => value * value;
    }

    /// <summary>The report with the figures of a burst.</summary>
    /// <param name="clients">All clients of the burst.</param>
    public LoadReport AsBurst(int clients) => this with
    {
        Figures = Figures with
        {
            Load = Figures.Load! with
            {
                LostClients = clients - Reached,
                ConnectP50Ns = Connect.PercentileNs(50),
                ConnectP99Ns = Connect.PercentileNs(99),
            },
        },
    };

    private static LatencyHistogram Sum(IEnumerable<LatencyHistogram> histograms)
    {
        var sum = new LatencyHistogram();
        foreach (LatencyHistogram histogram in histograms)
            sum.Add(histogram);
        return sum;
    }

    // Minimum, maximum and every bucket as the load counted them; the sum only as exact as the mean was printed.
    private static LatencyHistogram ReadHistogram(JsonElement json)
    {
        long count = json.GetProperty("count").GetInt64();
        if (count == 0)
            return new LatencyHistogram();
        long min = json.GetProperty("min_ns").GetInt64();
        long max = json.GetProperty("max_ns").GetInt64();
        decimal sum = Math.Round((decimal)json.GetProperty("mean_ns").GetDouble() * count);
        HistogramBucket[] buckets =
        [
            .. json.GetProperty("buckets").EnumerateArray().Select(bucket =>
                new HistogramBucket(bucket[0].GetInt64(), bucket[1].GetInt64(), bucket[2].GetInt64())),
        ];
        return LatencyHistogram.FromSnapshot(new HistogramSnapshot(
            count, 0, min, max, Math.Clamp(sum, (decimal)min * count, (decimal)max * count), buckets));
    }
}
