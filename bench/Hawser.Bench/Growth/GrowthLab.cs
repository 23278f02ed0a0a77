using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Growth;

/// <summary>Runs <c>hawser lab --scenario growth</c> and reads its results.</summary>
internal static partial class GrowthLab
{
    private const int Done = 0;
    private const int PartlyDone = 3;

    // A backstop: each of the lab's measurements is bounded.
    private static readonly TimeSpan Limit = TimeSpan.FromHours(2);

    /// <summary>Runs the lab.</summary>
    /// <param name="hawser">The program.</param>
    /// <param name="folder">The results folder; the lab rewrites it after each measurement.</param>
    /// <param name="options">Options that override the scenario's.</param>
    /// <param name="onRound">Called after each round with the rounds done and the total.</param>
    /// <exception cref="BenchException">The lab measured nothing.</exception>
    public static async Task RunAsync(string hawser, string folder, string[] options, Action<int, int> onRound)
    {
        string[] arguments = ["lab", "--scenario", "growth", "--floor", "no", .. options, "--out", folder];
        using Process lab = ChildProcess.Start(new ProcessStartInfo(hawser, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        Task<string> summary = lab.StandardOutput.ReadToEndAsync();
        Task progress = ReportAsync(lab.StandardError, folder, onRound);
        await ChildProcess.WaitForExitAsync(lab, Limit);
        await summary;
        await progress;
        // A failed measurement is a result: the limit of a model.
        if (lab.ExitCode is not (Done or PartlyDone))
            throw new BenchException($"hawser lab failed with exit code {lab.ExitCode}; see above");
    }

    /// <summary>Reads the results so far.</summary>
    public static GrowthResult Read(string folder)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        JsonElement root = json.RootElement;
        var errors = new Dictionary<(string, int), string>();
        foreach (JsonElement measurement in root.GetProperty("measurements").EnumerateArray())
        {
            if (measurement.TryGetProperty("error", out JsonElement error))
                errors.TryAdd(KeyOf(measurement), error.GetString()!);
        }
        return new GrowthResult
        {
            Taken = root.GetProperty("begun").GetDateTimeOffset(),
            Host = $"{Host.Name}; {Host.CompanyOf(LoadOf(root))}",
            Command = root.GetProperty("command").GetString()!,
            Rounds = root.GetProperty("rounds").GetInt32(),
            SecondsPerMeasurement = root.GetProperty("seconds_per_measurement").GetDouble(),
            Pinned = root.GetProperty("machine").GetProperty("pinned").GetString()!,
            Points = [.. root.GetProperty("summaries").EnumerateArray().Select(summary =>
                PointOf(summary, errors.GetValueOrDefault(KeyOf(summary))))],
        };
    }

    private static async Task ReportAsync(StreamReader errors, string folder, Action<int, int> onRound)
    {
        int rounds = 0;
        while (await errors.ReadLineAsync() is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            if (!Progress().IsMatch(line))
                continue;
            (int measured, int wanted) = RoundsIn(folder);
            if (measured > rounds)
                onRound(rounds = measured, wanted);
        }
    }

    private static (int Measured, int Wanted) RoundsIn(string folder)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        int variants = json.RootElement.GetProperty("summaries").GetArrayLength();
        int measurements = json.RootElement.GetProperty("measurements").GetArrayLength();
        return (measurements / variants, json.RootElement.GetProperty("rounds").GetInt32());
    }

    private static GrowthPoint PointOf(JsonElement summary, string? error)
    {
        (string model, int clients) = KeyOf(summary);
        JsonElement metrics = summary.GetProperty("metrics");
        return new GrowthPoint
        {
            Model = model,
            Clients = clients,
            Rounds = summary.GetProperty("rounds").GetInt32(),
            Failed = summary.GetProperty("failed").GetInt32(),
            Error = error,
            AnsweredClients = Of("answered_clients"),
            RoundTripsPerSecond = Of("round_trips_per_second"),
            LatencyP99Ns = Of("latency_p99_ns"),
            ResidentBytes = Of("resident_bytes"),
            CpuCores = Of("server_cpu_cores"),
            CpuMicrosecondsPerRoundTrip = Of("server_cpu_us_per_round_trip"),
        };

        Figure? Of(string name) => metrics.TryGetProperty(name, out JsonElement spread)
            ? new Figure(Number(spread, "median"), Number(spread, "min"), Number(spread, "max"))
            : null;
    }

    private static (string Model, int Clients) KeyOf(JsonElement element)
    {
        JsonElement variant = element.GetProperty("variant");
        return (variant.GetProperty("subject").GetProperty("name").GetString()!,
            variant.GetProperty("setting").GetProperty("clients").GetInt32());
    }

    private static double? LoadOf(JsonElement root) =>
        root.GetProperty("machine").TryGetProperty("load_average", out JsonElement load) ? load.GetDouble() : null;

    // More digits than were measured would only clutter diffs.
    private static double Number(JsonElement spread, string name) =>
        double.Parse(spread.GetProperty(name).GetDouble().ToString("G6"));

    [GeneratedRegex(@"^\d+/\d+ ")]
    private static partial Regex Progress();
}
