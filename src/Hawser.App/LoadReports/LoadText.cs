using System.Globalization;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.LoadReports;

/// <summary>A load as plain text.</summary>
internal static class LoadText
{
    public static IEnumerable<string> Of(LoadOutcome outcome)
    {
        PingLoadReport report = outcome.Report;
        PingLoadOptions load = report.Options;
        string loop = load.IsChurn ? "a connection for each ping"
            : load.Rate is { } rate ? Text($"open loop at {rate:#,0}/s") : "closed loop";
        if (load.Pipeline > 1)
            loop += $", {load.Pipeline} pings at once";
        yield return $"{Quantity.FormatCount(load.Clients, "client")}{Origin(outcome)}, {loop}, "
            + Text($"{report.Time.TotalSeconds:0.0} s measured after {load.WarmUp.TotalSeconds:0.###} s of warm-up");
        yield return Text($"round trips   {report.RoundTrips:#,0}, {report.Rate:#,0}/s");
        yield return "latency       " + Spread(report.Latency);
        if (load.Rate is not null)
            yield return "service time  " + Spread(report.ServiceTime);
        if (load.Rate is not null || report.Unanswered > 0)
            yield return Text($"unanswered    {report.Unanswered:#,0} {(report.Unanswered == 1 ? "ping" : "pings")}");
        yield return "first answer  " + Spread(report.FirstAnswer);
        yield return "connect       " + Spread(report.Connect);
        yield return "fairness      " + (report.RoundTrips == 0 ? "none"
            : Text($"{report.JainIndex:0.000} (Jain), slowest client {report.Slowest:#,0}, ")
                + Text($"fastest {report.Fastest:#,0}"));
        yield return Text($"load client   {report.CpuShare:0 %} of its loops' time")
            + (outcome.Agents > 1 ? " on the busiest agent" : "")
            + (report.RoundTrips == 0 ? "" : $", {Time(report.CpuPerRoundTrip.TotalNanoseconds)} per round trip");
    }

    public static string Of(PingLoadView view) =>
        Text($"{view.Elapsed.TotalSeconds,5:0.0} s  {view.NewRoundTrips,9:#,0} round trips")
        + $"  p50 {Time(view.Latency, 50)}  p99 {Time(view.Latency, 99)}  max {Time(view.Latency, 100)}"
        + $"  {view.Connected} connected  {view.Failed} failed";

    public static string Step(PingLoadReport tried, LatencyGoal goal, bool isKept) =>
        Text($"{tried.Options.Rate,10:#,0}/s  p{goal.Percent:0.###} {Time(tried.Latency, goal.Percent)}  ")
            + Text($"unanswered {tried.Unanswered:#,0}  {(isKept ? "kept" : "not kept")}");

    /// <summary>Why a load failed in part or altogether; null if it did not.</summary>
    public static string? FaultOf(PingLoadReport report) => report.Failed > 0
        ? $"{report.Failed} of {report.Options.Clients} clients failed, first {report.FirstError}"
        : report.RoundTrips > 0 ? null
        : report.FirstError ?? "no ping was answered during the measurement; is it a ping server?";

    /// <summary>A percentile of a histogram, with its unit; <c>none</c> of an empty one.</summary>
    public static string Time(LatencyHistogram histogram, double percent) =>
        histogram.Count == 0 ? "none" : Time(histogram.PercentileNs(percent));

    private static string Origin(LoadOutcome outcome) => outcome.Agents is not { } agents ? ""
        : outcome.Lost.Count == 0 ? $" on {Quantity.FormatCount(agents, "agent")}"
        : $" on {agents - outcome.Lost.Count} of {Quantity.FormatCount(agents, "agent")}";

    private static string Spread(LatencyHistogram histogram) => histogram.Count == 0
        ? "none"
        : $"min {Time(histogram.MinNs)}  p50 {Time(histogram, 50)}  p90 {Time(histogram, 90)}  "
            + $"p99 {Time(histogram, 99)}  p99.9 {Time(histogram, 99.9)}  max {Time(histogram.MaxNs)}";

    private static string Time(double ns) => Quantity.FormatNanoseconds(ns);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
