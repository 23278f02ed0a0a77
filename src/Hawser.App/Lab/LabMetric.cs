using System.Globalization;

namespace Hawser.App.Lab;

/// <summary>One figure of a measurement, with its formatting.</summary>
/// <param name="Name">Its name in JSON and CSV.</param>
/// <param name="Title">Its name in tables and charts.</param>
/// <param name="Of">Reads it; null if it was not measured.</param>
/// <param name="Format">Formats it with its unit.</param>
internal sealed record LabMetric(string Name, string Title, Func<LabFigures, double?> Of, Func<double, string> Format)
{
    /// <summary>Higher is better.</summary>
    public bool MoreIsBetter { get; init; }

    /// <summary>Verdicts compare variants by it.</summary>
    public bool IsJudged { get; init; }

    /// <summary>It covers answered pings only.</summary>
    public bool IsOfAnswers { get; init; }

    /// <summary>All metrics. A new one is one entry here.</summary>
    public static IReadOnlyList<LabMetric> All { get; } =
    [
        new("round_trips_per_second", "round trips/s", f => f.RoundTripsPerSecond, Whole)
        {
            MoreIsBetter = true,
            IsJudged = true,
        },
        new("latency_p50_ns", "p50", f => f.LatencyP50Ns, Time) { IsJudged = true, IsOfAnswers = true },
        new("latency_p90_ns", "p90", f => f.LatencyP90Ns, Time),
        new("latency_p99_ns", "p99", f => f.LatencyP99Ns, Time) { IsJudged = true, IsOfAnswers = true },
        new("latency_p999_ns", "p99.9", f => f.LatencyP999Ns, Time),
        new("latency_max_ns", "max", f => f.LatencyMaxNs, Time),
        new("answered_clients", "clients answered", f => f.AnsweredClients, Whole) { MoreIsBetter = true },
        new("unanswered_share", "unanswered", f => f.UnansweredShare, Percent),
        new("server_cpu_us_per_round_trip", "CPU per round trip",
            f => f.Server?.CpuMicrosecondsPerRoundTrip, us => Time(us * 1e3)) { IsJudged = true },
        new("server_cpu_cores", "CPU cores", f => f.Server?.CpuCores, value => Text($"{value:0.00}")),
        new("voluntary_switches_per_round_trip", "voluntary switches per round trip",
            f => f.Server?.VoluntarySwitchesPerRoundTrip, value => Text($"{value:0.00}")),
        new("involuntary_switches_per_second", "involuntary switches/s",
            f => f.Server?.InvoluntarySwitchesPerSecond, Whole),
        new("resident_bytes", "memory", f => f.Server?.ResidentBytes, bytes => Text($"{bytes / 1e6:0.0} MB")),
        new("bytes_per_idle_connection", "memory per idle connection", f => f.Server?.BytesPerIdleConnection,
            bytes => Text($"{bytes / 1024:0.0} KiB")),
        new("descriptors", "descriptors", f => f.Server?.Descriptors, Whole),
        new("jain_index", "fairness", f => f.JainIndex, value => Text($"{value:0.000}")) { MoreIsBetter = true },
        new("load_cpu_share", "load CPU", f => f.LoadCpuShare, Percent),
        new("load_cpu_us_per_round_trip", "load CPU per round trip", f => f.LoadCpuMicrosecondsPerRoundTrip,
            us => Time(us * 1e3)),
    ];

    /// <summary>Returns the metric of that name.</summary>
    public static LabMetric Get(string name) => All.First(metric => metric.Name == name);

    /// <summary>The metric whose intervals decide how many rounds a setting needs: throughput, or p99 where the rate is
    /// given.</summary>
    public static LabMetric MainOf(LabSetting setting) =>
        Get(setting.ScheduledPerSecond is null ? "round_trips_per_second" : "latency_p99_ns");

    private static string Percent(double share) =>
        share < 0.1 ? Text($"{share * 100:0.##} %") : Text($"{share * 100:0} %");

    private static string Whole(double value) => Text($"{value:#,0}");

    private static string Time(double ns) => ns switch
    {
        < 999.5 => Text($"{ns:0} ns"),
        < 999.5e3 => Text($"{ns / 1e3:0.0} µs"),
        < 999.5e6 => Text($"{ns / 1e6:0.00} ms"),
        _ => Text($"{ns / 1e9:0.00} s"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
