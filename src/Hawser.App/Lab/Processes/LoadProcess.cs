using System.Diagnostics;
using System.Globalization;
using Hawser.App.LoadReports;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Processes;

/// <summary><c>hawser load</c> in its own process.</summary>
internal static class LoadProcess
{
    /// <summary>For its start, and for connections and pongs that never arrive.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a load to its end.</summary>
    /// <param name="load">The load.</param>
    /// <param name="rehearses">Nothing is compiled while the clients connect.</param>
    /// <param name="cores">The cores to pin it to; null for any.</param>
    /// <param name="onView">Called every second.</param>
    /// <param name="cancel">Kills it.</param>
    /// <returns>The load's own report.</returns>
    /// <exception cref="LabException">The load reported nothing, or something malformed.</exception>
    public static async Task<PingLoadReport> RunAsync(
        PingLoadOptions load, bool rehearses, string? cores, Action<PingLoadView> onView, CancellationToken cancel)
    {
        using Process process = OwnProgram.Start(cores, Arguments(load, rehearses));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(load.Ramp + load.WarmUp + load.Duration + Patience);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            PingLoadReport? report = null;
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                report = LoadJson.Read(line, load, onView) ?? report;
            await process.WaitForExitAsync(limit.Token);
            string? error = (await errors).Split('\n')
                .FirstOrDefault(text => text.StartsWith("ERROR: ", StringComparison.Ordinal));
            return report ?? throw new LabException(
                error?["ERROR: ".Length..] ?? $"the load ended with exit code {process.ExitCode}");
        }
        catch (FormatException e)
        {
            throw new LabException(e.Message);
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

    private static List<string> Arguments(PingLoadOptions load, bool rehearses)
    {
        List<string> arguments =
        [
            "load", .. load.Servers.Select(EndPointText.Of), "--clients", $"{load.Clients}",
            "--duration", Text(load.Duration), "--ramp", Text(load.Ramp), "--warm-up", Text(load.WarmUp),
            "--wire", load.Wire.Name, "--json-stream",
        ];
        if (load.Rate is { } rate)
            arguments.AddRange(["--rate", rate.ToString("0.######", CultureInfo.InvariantCulture)]);
        if (load.Pipeline > 1)
            arguments.AddRange(["--pipeline", $"{load.Pipeline}"]);
        if (load.IsChurn)
            arguments.Add("--churn");
        if (rehearses)
            arguments.Add("--rehearse");
        return arguments;
    }

    private static string Text(TimeSpan duration) =>
        duration.TotalMicroseconds.ToString("0.###", CultureInfo.InvariantCulture) + "us";
}
