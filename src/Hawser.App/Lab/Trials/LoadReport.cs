using Hawser.App.LoadReports;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Lab.Trials;

/// <summary>The report of one measurement.</summary>
/// <param name="Figures">Its figures.</param>
/// <param name="Latency">All latencies.</param>
internal sealed record LoadReport(LabFigures Figures, LatencyHistogram Latency)
{
    /// <summary>The report of a load.</summary>
    /// <param name="outcome">What it measured.</param>
    /// <param name="setting">The whole load.</param>
    public static LoadReport Of(LoadOutcome outcome, LabSetting setting)
    {
        PingLoadReport load = outcome.Report;
        var figures = new LabLoadFigures
        {
            Seconds = load.Time.TotalSeconds,
            RoundTrips = load.RoundTrips,
            RoundTripsPerSecond = load.Rate,
            LatencyP50Ns = load.Latency.PercentileNs(50),
            LatencyP90Ns = load.Latency.PercentileNs(90),
            LatencyP99Ns = load.Latency.PercentileNs(99),
            LatencyP999Ns = load.Latency.PercentileNs(99.9),
            LatencyMaxNs = load.Latency.MaxNs,
            Unanswered = load.Unanswered,
            JainIndex = load.JainIndex,
            AnsweredClients = load.AnsweredClients,
            SlowestClientRoundTrips = load.Slowest,
            FastestClientRoundTrips = load.Fastest,
            LoadCpuShare = load.CpuShare,
            LoadCpuMicrosecondsPerRoundTrip = load.CpuPerRoundTrip.TotalMicroseconds,
            LoadWasLimit = load.WasItsOwnLimit,
            LostAgents = outcome.Lost.Count == 0 ? null : outcome.Lost,
        };
        return new LoadReport(new LabFigures { Load = setting.Burst ? WithBurst(figures, load, setting) : figures },
            load.Latency);
    }

    private static LabLoadFigures WithBurst(LabLoadFigures figures, PingLoadReport load, LabSetting setting) =>
        figures with
        {
            LostClients = setting.Clients - load.FirstAnswer.Count,
            ConnectP50Ns = load.Connect.PercentileNs(50),
            ConnectP99Ns = load.Connect.PercentileNs(99),
        };
}
