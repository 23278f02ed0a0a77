using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary><c>hawser load</c> in its own process.</summary>
internal static class LoadProcess
{
    /// <summary>For its start, and for connections and pongs that never arrive.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a load to its end.</summary>
    /// <param name="address">HOST:PORT.</param>
    /// <param name="variant">The protocol, and the shape of the load.</param>
    /// <param name="options">Duration and warm-up.</param>
    /// <param name="cores">The cores to pin it to; null for any.</param>
    /// <param name="onView">Called every second with seconds and round trips measured.</param>
    /// <param name="cancel">Kills it.</param>
    /// <returns>The load's own report.</returns>
    /// <exception cref="LabException">The load failed or reported nothing.</exception>
    public static async Task<LoadReport> RunAsync(
        string address, LabVariant variant, LabOptions options, string? cores, Action<double, long> onView,
        CancellationToken cancel)
    {
        using Process process = OwnProgram.Start(cores, Arguments(address, variant, options));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(variant.Setting.Ramp + options.WarmUp + options.Duration + Patience);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            LoadReport? report = null;
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                report = Read(line, onView) ?? report;
            await process.WaitForExitAsync(limit.Token);
            string? error = (await errors).Split('\n')
                .FirstOrDefault(text => text.StartsWith("ERROR: ", StringComparison.Ordinal));
            // Clients that a burst lost are a figure, not an error.
            return report is not null && (error is null || variant.Setting.Burst)
                ? report
                : throw new LabException(
                    error?["ERROR: ".Length..] ?? $"the load ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new LabException($"the load did not end within {Quantity.FormatDuration(Patience)} after its time");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>The command line.</summary>
    internal static IReadOnlyList<string> Arguments(string address, LabVariant variant, LabOptions options)
    {
        LabSetting setting = variant.Setting;
        List<string> arguments =
        [
            "load", address, "--clients", $"{setting.Clients}", "--duration", Text(options.Duration),
            "--ramp", Text(setting.Ramp), "--warm-up", Text(setting.Burst ? TimeSpan.Zero : options.WarmUp),
            "--json-stream",
        ];
        if (setting.ScheduledPerSecond is { } rate)
            arguments.AddRange(["--rate", rate.ToString("0.######", CultureInfo.InvariantCulture)]);
        if (variant.Subject.Wire is { } wire)
            arguments.AddRange(["--wire", wire]);
        if (setting.Pipeline > 1)
            arguments.AddRange(["--pipeline", $"{setting.Pipeline}"]);
        if (setting.Churn)
            arguments.Add("--churn");
        if (setting.Burst)
            arguments.Add("--rehearse");
        return arguments;
    }

    /// <summary>Reads a line of <c>hawser load --json-stream</c>.</summary>
    /// <returns>The report; null of a view, and of a report without a round trip.</returns>
    /// <exception cref="LabException">The line is malformed.</exception>
    internal static LoadReport? Read(string line, Action<double, long> onView)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("type").GetString() == "report")
            {
                // A load without a round trip failed: its error line says why.
                return json.RootElement.GetProperty("round_trips").GetInt64() == 0
                    ? null : LoadReport.Parse(json.RootElement);
            }
            onView(json.RootElement.GetProperty("seconds").GetDouble(),
                json.RootElement.GetProperty("round_trips").GetInt64());
            return null;
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new LabException($"malformed report of the load: {e.Message}");
        }
    }

    private static string Text(TimeSpan duration) =>
        duration.TotalMicroseconds.ToString("0.###", CultureInfo.InvariantCulture) + "us";
}
