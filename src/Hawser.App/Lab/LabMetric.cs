using System.Globalization;

namespace Hawser.App.Lab;

/// <summary>One figure of a measurement, with its formatting.</summary>
/// <param name="Name">Its name in JSON and CSV.</param>
/// <param name="Title">Its name in tables and charts.</param>
/// <param name="Of">Reads it; null if it was not measured.</param>
/// <param name="Format">Formats it with its unit.</param>
internal sealed record LabMetric(string Name, string Title, Func<LabFigures, double?> Of, Func<double, string> Format)
{
    private const string RoundTrips = "round_trips_per_second";
    private const string ServerCpu = "server_cpu_us_per_round_trip";

    /// <summary>Higher is better.</summary>
    public bool MoreIsBetter { get; init; }

    /// <summary>Verdicts compare variants by it.</summary>
    public bool IsJudged { get; init; }

    /// <summary>It covers answered pings only.</summary>
    public bool IsOfAnswers { get; init; }

    /// <summary>Only bursts have it, and verdicts on bursts compare nothing else.</summary>
    public bool IsOfBursts { get; init; }

    /// <summary>It counts failures: a goal is reached only if every round reached it.</summary>
    public bool IsOfFailures { get; init; }

    /// <summary>Only tasks have it.</summary>
    public bool IsOfTasks { get; init; }

    /// <summary>All metrics. A new one is one entry here.</summary>
    public static IReadOnlyList<LabMetric> All { get; } =
    [
        new(RoundTrips, "round trips/s", f => f.Load?.RoundTripsPerSecond, Whole)
        {
            MoreIsBetter = true,
            IsJudged = true,
        },
        new("latency_p50_ns", "p50", f => f.Load?.LatencyP50Ns, Time) { IsJudged = true, IsOfAnswers = true },
        new("latency_p90_ns", "p90", f => f.Load?.LatencyP90Ns, Time),
        new("latency_p99_ns", "p99", f => f.Load?.LatencyP99Ns, Time) { IsJudged = true, IsOfAnswers = true },
        new("latency_p999_ns", "p99.9", f => f.Load?.LatencyP999Ns, Time),
        new("latency_max_ns", "max", f => f.Load?.LatencyMaxNs, Time),
        new("answered_clients", "clients answered", f => f.Load?.AnsweredClients, Whole) { MoreIsBetter = true },
        new("unanswered_share", "unanswered", f => f.Load?.UnansweredShare, Percent) { IsOfFailures = true },
        new(ServerCpu, "CPU per round trip",
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
        new("jain_index", "fairness", f => f.Load?.JainIndex, value => Text($"{value:0.000}")) { MoreIsBetter = true },
        new("load_cpu_share", "load CPU", f => f.Load?.LoadCpuShare, Percent),
        new("load_cpu_us_per_round_trip", "load CPU per round trip", f => f.Load?.LoadCpuMicrosecondsPerRoundTrip,
            us => Time(us * 1e3)),
        new("lost_clients", "lost", f => f.Load?.LostClients, Whole)
        {
            IsOfBursts = true,
            IsOfFailures = true,
        },
        new("connect_p50_ns", "connect p50", f => f.Load?.ConnectP50Ns, Time) { IsJudged = true, IsOfBursts = true },
        new("connect_p99_ns", "connect p99", f => f.Load?.ConnectP99Ns, Time) { IsJudged = true, IsOfBursts = true },
        OfTasks("task_seconds", "time", Seconds),
        OfTasks("task_cpu_seconds", "CPU time", Seconds),
        OfTasks("task_bytes_per_second", "rate", rate => Text($"{rate / 1e9:0.00} GB/s"), isJudged: false) with
        {
            MoreIsBetter = true,
        },
        OfTasks("transfer_seconds", "transfer alone", Seconds, isJudged: false),
        OfTasks("download_seconds", "download", Seconds),
        OfTasks("sorting_seconds", "sorting", Seconds),
        OfTasks("sent", "sent", Whole, isJudged: false) with { MoreIsBetter = true },
        OfTasks("missed", "missed", Whole, isJudged: false),
        OfTasks("delay_min_ns", "delay min", Time, isJudged: false),
        OfTasks("delay_median_ns", "delay median", Time),
        OfTasks("delay_p99_ns", "delay p99", Time),
        OfTasks("delay_max_ns", "delay max", Time, isJudged: false),
        OfTasks("jitter_median_ns", "jitter median", Time),
        OfTasks("lateness_p99_ns", "lateness p99", Time),
    ];

    private static readonly LabMetric[] Judged =
        [.. All.Where(metric => metric.IsJudged).OrderByDescending(metric => metric.Name == ServerCpu)];

    /// <summary>Returns the metric of that name.</summary>
    public static LabMetric Get(string name) => All.First(metric => metric.Name == name);

    /// <summary>The metrics by which verdicts compare variants under a setting, the leading one first: the server's CPU
    /// time per round trip depends less than throughput on which of server and load the machine starves.</summary>
    public static IEnumerable<LabMetric> JudgedUnder(LabSetting setting) =>
        Judged.Where(metric => metric.IsOfBursts == setting.Burst && metric.IsOfTasks == (setting.Task is not null));

    /// <summary>The metric whose intervals decide how many rounds a setting needs: throughput, p99 where the rate is
    /// given, or the time of a task.</summary>
    public static LabMetric MainOf(LabSetting setting) => Get(
        setting.Task is not null ? "task_seconds"
        : setting.Burst ? "connect_p99_ns"
        : setting.ScheduledPerSecond is null ? RoundTrips : "latency_p99_ns");

    /// <summary>The metric that tables and charts show first.</summary>
    public static LabMetric FirstOf(LabSetting setting, IEnumerable<LabSummary> summaries)
    {
        LabMetric first = setting is { Task: null, Burst: false } ? Get(RoundTrips) : MainOf(setting);
        return summaries.Any(summary => summary[first.Name] is not null)
            ? first
            : JudgedUnder(setting).FirstOrDefault(metric => summaries.Any(summary => summary[metric.Name] is not null))
                ?? first;
    }

    /// <summary>The columns of a table: those named for a load, and every metric that only this kind of measurement
    /// has.</summary>
    public static IEnumerable<string> ColumnsOf(LabSetting setting, IReadOnlyList<string> ofLoads) =>
        setting.Task is not null ? All.Where(metric => metric.IsOfTasks).Select(metric => metric.Name)
        : setting.Burst ? All.Where(metric => metric.IsOfBursts).Select(metric => metric.Name)
        : ofLoads;

    private static LabMetric OfTasks(
        string name, string title, Func<double, string> format, bool isJudged = true) =>
        new(name, title, f => f.Task?.TryGetValue(name, out double value) == true ? value : null, format)
        {
            IsJudged = isJudged,
            IsOfTasks = true,
        };

    private static string Percent(double share) =>
        share < 0.1 ? Text($"{share * 100:0.##} %") : Text($"{share * 100:0} %");

    private static string Whole(double value) => Text($"{value:#,0}");

    private static string Seconds(double seconds) => Time(seconds * 1e9);

    private static string Time(double ns) => ns switch
    {
        < 999.5 => Text($"{ns:0} ns"),
        < 999.5e3 => Text($"{ns / 1e3:0.0} µs"),
        < 999.5e6 => Text($"{ns / 1e6:0.00} ms"),
        _ => Text($"{ns / 1e9:0.00} s"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
