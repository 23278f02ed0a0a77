namespace Hawser.Services.Ping.Load;

/// <summary>Finds the highest rate that meets a latency goal: doubles the rate until it fails, then bisects.</summary>
public static class RateSearch
{
    private const double FirstRate = 1000;
    private const double Precision = 0.05;

    // Far above any machine; ends a search that would go on forever.
    private const double HighestRate = 1e9;

    /// <summary>Searches the highest rate.</summary>
    /// <param name="options">The load; its rate is the first to try.</param>
    /// <param name="goal">The goal.</param>
    /// <param name="run">Runs a load:
    /// <see cref="PingLoad.RunAsync(PingLoadOptions, Action{PingLoadView}?, CancellationToken)"/>.</param>
    /// <param name="onStep">Called for every rate tried, with whether it met the goal.</param>
    /// <returns>The last load that met the goal; null if the first rate did not.</returns>
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
