using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>Runs a load of pings and prints its progress and results.</summary>
internal sealed class LoadRun(bool json, bool jsonStream)
{
    /// <summary>Runs a load and prints its figures.</summary>
    public async Task<int> RunAsync(PingLoadOptions options)
    {
        if (!IsPossible(options))
            return ExitCode.Failed;
        var signal = new StopSignal();
        PingLoadReport report = await MeasureAsync(options, signal.Token);
        if (!signal.Token.IsCancellationRequested)
            return Print(report);
        if (report is { RoundTrips: 0, FirstError: null })
        {
            Standard.Error.WriteLine("ERROR: interrupted before a ping was measured");
            return ExitCode.Failed;
        }
        int exitCode = Print(report);
        Standard.Error.WriteLine($"WARNING: interrupted after {Quantity.FormatDuration(report.Time)} of "
            + $"{Quantity.FormatDuration(options.Duration)}");
        return exitCode == ExitCode.Done ? ExitCode.PartlyDone : exitCode;
    }

    /// <summary>Searches the highest rate that meets a latency goal and prints its figures.</summary>
    /// <exception cref="UsageException">A step is not longer than the goal's latency: pings that queue for the whole
    /// step would still meet it.</exception>
    public async Task<int> SearchAsync(PingLoadOptions options, LatencyGoal goal)
    {
        if (options.Duration <= goal.Below)
        {
            throw new UsageException($"--duration: {Quantity.FormatDuration(options.Duration)} is too short for {goal}; "
                + $"use more than {Quantity.FormatDuration(goal.Below)}, better ten times that");
        }
        if (!IsPossible(options))
            return ExitCode.Failed;
        var signal = new StopSignal();
        PingLoadReport? best = null;
        try
        {
            await RateSearch.RunAsync(options, goal, load => MeasureAnsweredAsync(load, signal.Token), Note);
        }
        catch (OperationCanceledException) when (best is not null)
        {
            Print(best);
            Standard.Error.WriteLine("WARNING: interrupted: a higher rate may meet the goal, too");
            return ExitCode.PartlyDone;
        }
        if (best is not null)
            return Print(best);
        Standard.Error.WriteLine($"ERROR: {goal} is not met even at the first rate; start lower with --rate");
        return ExitCode.Failed;

        void Note(PingLoadReport tried, bool isKept)
        {
            best = isKept ? tried : best;
            Standard.Error.WriteLine(LoadText.Step(tried, goal, isKept));
        }
    }

    private static bool IsPossible(PingLoadOptions options)
    {
        IReadOnlyList<string> obstacles = LoadPreflight.FindObstacles(options);
        foreach (string obstacle in obstacles)
            Standard.Error.WriteLine($"ERROR: {obstacle}");
        foreach (string doubt in LoadPreflight.FindDoubts(options))
            Standard.Error.WriteLine($"WARNING: {doubt}");
        return obstacles.Count == 0;
    }

    private async Task<PingLoadReport> MeasureAsync(PingLoadOptions options, CancellationToken cancel)
    {
        if (jsonStream)
            return await PingLoad.RunAsync(options, view => Standard.Out.WriteLine(LoadJson.Of(view)), cancel);
        if (Console.IsErrorRedirected)
            return await PingLoad.RunAsync(options, PrintView, cancel);
        return await LoadLiveView.RunAsync(options, cancel);
    }

    private static void PrintView(PingLoadView view)
    {
        Standard.Error.WriteLine(LoadText.Of(view));
    }

    /// <exception cref="IOException">No ping was answered.</exception>
    private static async Task<PingLoadReport> MeasureAnsweredAsync(PingLoadOptions options, CancellationToken cancel)
    {
        PingLoadReport report = await PingLoad.RunAsync(options, onView: null, cancel);
        cancel.ThrowIfCancellationRequested();
        return report.FirstAnswer.Count > 0 ? report : throw new IOException(WhyNothing(report));
    }

    private static string WhyNothing(PingLoadReport report) =>
        report.FirstError ?? "no ping was answered during the measurement; is it a ping server?";

    private int Print(PingLoadReport report)
    {
        if (json || jsonStream)
        {
            Standard.Out.WriteLine(LoadJson.Of(report));
        }
        else
        {
            foreach (string line in LoadText.Of(report))
                Standard.Out.WriteLine(line);
        }
        if (report.WasItsOwnLimit)
        {
            Standard.Error.WriteLine(
                "WARNING: the load client used nearly all of its cores: the server may be faster than "
                + "these figures; use more cores or a separate machine for the load");
        }
        string? missing = WhatIsMissing(report);
        if (report is { RoundTrips: > 0, Failed: 0 } && missing is not null)
            Standard.Error.WriteLine($"WARNING: {missing}");
        if (report.Failed > 0)
            Standard.Error.WriteLine(
                $"ERROR: {report.Failed} of {report.Options.Clients} clients failed, first {report.FirstError}");
        else if (report.RoundTrips == 0)
            Standard.Error.WriteLine($"ERROR: {WhyNothing(report)}");
        if (report.RoundTrips == 0)
            return ExitCode.Failed;
        return report.Failed == 0 && missing is null ? ExitCode.Done : ExitCode.PartlyDone;
    }

    /// <returns>Null if every ping of every client was answered.</returns>
    private static string? WhatIsMissing(PingLoadReport report)
    {
        PingLoadOptions load = report.Options;
        if (load.IsChurn)
        {
            return report.Unanswered == 0 ? null : $"{Quantity.FormatCount(report.Unanswered, "connection")} failed in "
                + $"the measured time; the first error of the load: {report.FirstError}";
        }
        if (report.AnsweredClients < load.Clients)
            return $"{load.Clients - report.AnsweredClients} of {load.Clients} clients got no answer in the measured time";
        return report.Unanswered == 0 ? null
            : $"{report.Unanswered} of {report.Unanswered + report.RoundTrips} pings were not answered";
    }
}
