using Hawser.App.Agents;
using Hawser.App.CommandLine;
using Hawser.App.LoadReports;
using Hawser.App.Output;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>Runs a load of pings and prints its progress and results.</summary>
/// <param name="agents">Where it runs; null for this process.</param>
/// <param name="json">The report is a line of JSON.</param>
/// <param name="jsonStream">So are the views before it.</param>
internal sealed class LoadRun(AgentLoad? agents, bool json, bool jsonStream)
{
    /// <summary>Runs a load and prints its figures.</summary>
    public async Task<int> RunAsync(PingLoadOptions options)
    {
        if (!IsPossible(options))
            return ExitCode.Failed;
        var signal = new StopSignal();
        LoadOutcome? outcome = null;
        try
        {
            outcome = await MeasureAsync(options, signal.Token);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            // No agent has reported.
        }
        if (!signal.Token.IsCancellationRequested)
            return Print(outcome!);
        if (outcome is null or { Report: { RoundTrips: 0, FirstError: null } })
            return Interrupted();
        int exitCode = Print(outcome);
        Standard.Error.WriteLine($"WARNING: interrupted after {Quantity.FormatDuration(outcome.Report.Time)} of "
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
        catch (Exception e) when (best is not null && (e is OperationCanceledException or IOException))
        {
            Print(OnAll(best));
            string why = e is OperationCanceledException ? "interrupted" : Printable.Line(e.Message);
            Standard.Error.WriteLine($"WARNING: {why}: a higher rate may meet the goal, too");
            return ExitCode.PartlyDone;
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return Interrupted();
        }
        if (best is not null)
            return Print(OnAll(best));
        Standard.Error.WriteLine($"ERROR: {goal} is not met even at the first rate; start lower with --rate");
        return ExitCode.Failed;

        void Note(PingLoadReport tried, bool isKept)
        {
            best = isKept ? tried : best;
            Standard.Error.WriteLine(LoadText.Step(tried, goal, isKept));
        }
    }

    private static int Interrupted()
    {
        Standard.Error.WriteLine("ERROR: interrupted before a ping was measured");
        return ExitCode.Interrupted;
    }

    private bool IsPossible(PingLoadOptions options)
    {
        // Agents check their own machines.
        if (agents is not null)
            return true;
        IReadOnlyList<string> obstacles = LoadPreflight.FindObstacles(options);
        foreach (string obstacle in obstacles)
            Standard.Error.WriteLine($"ERROR: {obstacle}");
        foreach (string doubt in LoadPreflight.FindDoubts(options))
            Standard.Error.WriteLine($"WARNING: {doubt}");
        return obstacles.Count == 0;
    }

    private async Task<LoadOutcome> MeasureAsync(PingLoadOptions options, CancellationToken cancel)
    {
        if (jsonStream)
            return await LoadAsync(options, view => Standard.Out.WriteLine(LoadJson.Of(view)), cancel);
        if (Console.IsErrorRedirected)
            return await LoadAsync(options, view => Standard.Error.WriteLine(LoadText.Of(view)), cancel);
        return await LoadLiveView.RunAsync(
            options, agents?.Agents.Count ?? 0, onView => LoadAsync(options, onView, cancel));
    }

    private async Task<LoadOutcome> LoadAsync(
        PingLoadOptions options, Action<PingLoadView>? onView, CancellationToken cancel) => agents is null
        ? new LoadOutcome(await PingLoad.RunAsync(options, onView, cancel))
        : await agents.RunAsync(options, onView, cancel);

    /// <exception cref="IOException">No ping was answered, or an agent was lost: the rate was not that of the
    /// step.</exception>
    private async Task<PingLoadReport> MeasureAnsweredAsync(PingLoadOptions options, CancellationToken cancel)
    {
        LoadOutcome outcome = await LoadAsync(options, onView: null, cancel);
        cancel.ThrowIfCancellationRequested();
        if (outcome.Lost is [var lost, ..])
            throw new IOException(lost.Words);
        return outcome.Report.FirstAnswer.Count > 0
            ? outcome.Report : throw new IOException(LoadText.FaultOf(outcome.Report));
    }

    /// <summary>The outcome of a step: no agent was lost.</summary>
    private LoadOutcome OnAll(PingLoadReport report) => new(report) { Agents = agents?.Agents.Count };

    private int Print(LoadOutcome outcome)
    {
        PingLoadReport report = outcome.Report;
        if (json || jsonStream)
        {
            Standard.Out.WriteLine(LoadJson.Of(outcome));
        }
        else
        {
            foreach (string line in LoadText.Of(outcome))
                Standard.Out.WriteLine(line);
        }
        foreach (LostAgent lost in outcome.Lost)
            Standard.Error.WriteLine($"WARNING: {lost.Words}; the figures are without it");
        if (report.WasItsOwnLimit)
        {
            Standard.Error.WriteLine(
                $"WARNING: {(agents is null ? "the load client" : "an agent")} used nearly all of its cores: the server "
                + "may be faster than these figures; use more cores or "
                + $"{(agents is null ? "a separate machine" : "agents on more machines")} for the load");
        }
        string? missing = WhatIsMissing(report);
        if (report is { RoundTrips: > 0, Failed: 0 } && missing is not null)
            Standard.Error.WriteLine($"WARNING: {missing}");
        string? fault = LoadText.FaultOf(report);
        if (fault is not null)
            Standard.Error.WriteLine($"ERROR: {fault}");
        if (report.RoundTrips == 0)
            return ExitCode.Failed;
        return fault is null && missing is null && outcome.Lost.Count == 0 ? ExitCode.Done : ExitCode.PartlyDone;
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
