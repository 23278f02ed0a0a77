using System.Globalization;

namespace Hawser.App.Lab.Exporters;

/// <summary>One row per measurement, for spreadsheets (RFC 4180, but lines end with LF).</summary>
internal sealed class ResultsCsv : IExporter
{
    private static readonly string[] Before =
    [
        "round", "place", "subject", "clients", "work_microseconds", "slow_client", "idle", "scheduled_per_second",
        "pipeline", "churn", "burst", "backlog", "together", "task",
    ];

    private static readonly string[] After =
        ["error", "spoiled", "steal_share", "others_cpu_share", "load_average", "mhz"];

    public string FileName => "results.csv";

    public string Export(LabResult result)
    {
        string[] head = [.. Before, .. LabMetric.All.Select(metric => metric.Name), .. After];
        IEnumerable<string> lines = result.Measurements.Select(Line).Prepend(string.Join(',', head));
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static string Line(LabMeasurement measured)
    {
        LabSetting setting = measured.Variant.Setting;
        string[] cells =
        [
            Number(measured.Round), Number(measured.Place), Quote(measured.Variant.Subject.Name),
            Number(setting.Clients),
            Number(setting.WorkMicroseconds), Quote(setting.SlowClient ?? ""), Number(setting.Idle),
            Number(setting.ScheduledPerSecond), Number(setting.Pipeline), setting.Churn ? "1" : "0",
            setting.Burst ? "1" : "0", Number(setting.Backlog), setting.Together ? "1" : "0", Quote(setting.Task ?? ""),
            .. LabMetric.All.Select(metric => Number(measured.Figures is { } figures ? metric.Of(figures) : null)),
            Quote(measured.Error ?? ""), Quote(measured.Spoiled ?? ""), Number(measured.Conditions?.StealShare),
            Number(measured.Conditions?.OthersCpuShare), Number(measured.Conditions?.LoadAverage),
            Number(measured.Conditions?.Mhz),
        ];
        return string.Join(',', cells);
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Quote(string text) => text.AsSpan().ContainsAny(",\"\n\r")
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : text;
}
