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
        int exitCode = Print(report);
        // A stopped load has measured less than it was asked to.
        return signal.Token.IsCancellationRequested && exitCode == ExitCode.Done ? ExitCode.PartlyDone : exitCode;
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
        if (report is { Options.IsChurn: true, RoundTrips: > 0, FirstError: { } error })
        {
            Standard.Error.WriteLine($"WARNING: {Quantity.FormatCount(report.Unanswered, "connection")} failed in "
                + $"the measured time; the first error of the load: {error}");
        }
        if (report.Failed > 0)
            Standard.Error.WriteLine(
                $"ERROR: {report.Failed} of {report.Options.Clients} clients failed, first {report.FirstError}");
        else if (report.RoundTrips == 0)
            Standard.Error.WriteLine($"ERROR: {WhyNothing(report)}");
        return report.RoundTrips == 0 ? ExitCode.Failed : report.Failed == 0 ? ExitCode.Done : ExitCode.PartlyDone;
    }
}
