namespace Hawser.Services.Ping.Load;

/// <summary>Finds the highest rate at which a latency is kept: doubles until it is not, then halves the
/// distance.</summary>
public static class RateSearch
{
    private const double FirstRate = 1000;
    private const double Precision = 0.05;

    // No machine comes near; a search that got there would never end.
    private const double HighestRate = 1e9;

    /// <summary>Searches.</summary>
    /// <param name="options">The load; its rate is where the search begins.</param>
    /// <param name="goal">What must be kept.</param>
    /// <param name="run">Runs a load:
    /// <see cref="PingLoad.RunAsync(PingLoadOptions, Action{PingLoadView}?, CancellationToken)"/>.</param>
    /// <param name="onStep">Told of every rate that was tried.</param>
    /// <returns>The last load that kept it; null when even the first rate did not.</returns>
    public static async Task<PingLoadReport?> RunAsync(
        PingLoadOptions options, LatencyGoal goal, Func<PingLoadOptions, Task<PingLoadReport>> run,
        Action<PingLoadReport, bool> onStep)
    {
        PingLoadReport? best = null;
        double rate = options.Rate ?? FirstRate;
        double kept = 0;
        double broken = double.PositiveInfinity;
        while (broken > kept * (1 + Precision) || kept == 0)
        {
            PingLoadReport report = await run(options with { Rate = rate });
            bool isKept = goal.IsKeptBy(report);
            onStep(report, isKept);
            if (isKept)
            {
                best = report;
                kept = rate;
            }
            else
            {
                broken = rate;
            }
            if (kept == 0)
                return null;
            if (kept >= HighestRate)
                break;
            rate = double.IsPositiveInfinity(broken) ? 2 * rate : (kept + broken) / 2;
        }
        return best;
    }
}
