using System.Globalization;
using System.Text;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Text;

namespace Hawser.App.Reports;

/// <summary>The report as plain lines.</summary>
internal static class ClockReportText
{
    private const int MostSteps = 5;

    public static string Of(ClockReport report)
    {
        var text = new StringBuilder();
        foreach (ClientReport client in report.Clients)
            Write(text, client);
        if (report.Clients.Count != 1)
            Write(text, report.All);
        return text.ToString();
    }

    /// <summary>The first clock steps in words, and the number of further ones.</summary>
    public static string StepsOf(ClientReport client)
    {
        if (client.StepsSeen is not > 0)
            return "none seen";
        int shown = Math.Min(MostSteps, client.Steps.Count);
        string more = client.StepsSeen > shown ? $", {client.StepsSeen - shown} more" : "";
        return string.Join(", ", client.Steps.Take(shown).Select(Wording)) + more;
    }

    /// <summary>Offset and its error bound in words.</summary>
    public static string Wording(OffsetEstimate offset) =>
        $"{DurationText.Signed(offset.Ns)} ± {DurationText.Of(offset.ErrorNs)} "
        + $"(server {(offset.Ns < 0 ? "behind" : "ahead")})";

    /// <summary>Drift and its interval in words.</summary>
    public static string Wording(DriftEstimate drift) =>
        $"{Signed(drift.PartsPerMillion)} ppm (95 % interval {Signed(drift.Lowest)} to {Signed(drift.Highest)})";

    /// <summary>Parts per million with two decimals and a sign.</summary>
    public static string Signed(double partsPerMillion) =>
        partsPerMillion.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>A step in words.</summary>
    public static string Wording(ClockStep step) =>
        $"{(step.IsServers ? "server" : "client")} {DurationText.Signed(step.Ns)} at {DurationText.Of(step.AtNs)}";

    /// <summary>How a file ends, in words.</summary>
    public static string Wording(TimeDataEnding ending) => ending switch
    {
        TimeDataEnding.Whole => "whole",
        TimeDataEnding.Cut => "cut: the last line is missing",
        _ => "cut in the middle of a row",
    };

    private static void Write(StringBuilder text, ClientReport client)
    {
        string name = client.ClientId is { } id ? $"client {id}" : "client";
        Line(text, $"{name}  {client.Client} -> {client.Server}");
        if (client.File is not null)
        {
            string duration = client.Duration is null ? "" : $", {client.Duration}";
            string run = client.Run is { } number ? $", run {number}" : "";
            Line(text, $"  file      {client.File}{run}: {Wording(client.Ending ?? TimeDataEnding.Whole)}{duration}");
        }

        string interval = client.IntervalNs is { } ns ? $", one every {DurationText.Short(ns)}" : "";
        WriteCounts(text, client.Exchanges, client.Missed, client.Lost, interval);
        if (client.Rows is { } rows)
        {
            WriteRows(text, rows);
        }
        else
        {
            WriteSpreads(text, client.Lateness, client.Delay, client.Jitter);
            Line(text, $"  offset    {(client.Offset is { } offset ? Wording(offset) : "unknown")}");
            Line(text, $"  drift     {(client.Drift is { } drift ? Wording(drift) : "unknown below 64 exchanges")}");
            Line(text, $"  steps     {StepsOf(client)}");
        }

        if (client.Deliveries is { } deliveries)
            Write(text, deliveries);
        text.Append('\n');
    }

    private static void Write(StringBuilder text, ClientDeliveries deliveries)
    {
        Line(text, $"  peers     {DurationText.Count(deliveries.Delivered)} of "
            + $"{DurationText.Count(deliveries.Expected)} recordings delivered");
        foreach (string missing in deliveries.Missing)
            Line(text, $"            missing: {missing}");
    }

    private static void Write(StringBuilder text, ClockTotals all)
    {
        Line(text, $"all {all.Clients} clients");
        WriteCounts(text, all.Exchanges, all.Missed, all.Lost, "");
        if (all.Delay is not null)
            WriteSpreads(text, all.Lateness, all.Delay, all.Jitter);
    }

    private static void WriteCounts(StringBuilder text, long exchanges, long? missed, long lost, string interval)
    {
        string passed = missed is { } count ? $"{DurationText.Count(count)} missed" : "missed unknown";
        string unanswered = DurationText.Count(lost);
        Line(text, $"  exchanges {DurationText.Count(exchanges)} made, {passed}, {unanswered} lost{interval}");
    }

    private static void WriteRows(StringBuilder text, RowTiming rows)
    {
        WriteHeader(text);
        WriteSpread(text, "spacing", rows.Spacing);
        if (rows.AnswerAfterRequest is { } after)
        {
            Line(text, $"  T3 - T1   {DurationText.Of(after.MinNs)} to {DurationText.Of(after.MaxNs)}, "
                + $"median {DurationText.Of(after.MedianNs)}: way there plus offset of the clocks");
        }

        Line(text, "  delay and offset need the companion file (.exchanges.tsv) beside a client's recording");
    }

    private static void WriteSpreads(
        StringBuilder text, LatencySpread? lateness, LatencySpread? delay, LatencySpread? jitter)
    {
        WriteHeader(text);
        WriteSpread(text, "lateness", lateness);
        WriteSpread(text, "delay", delay);
        WriteSpread(text, "jitter", jitter);
    }

    private static void WriteHeader(StringBuilder text) =>
        Line(text, $"  {"",-9} {"min",9} {"median",9} {"p99",9} {"p99.9",9} {"max",9}");

    private static void WriteSpread(StringBuilder text, string name, LatencySpread? spread)
    {
        if (spread is null)
        {
            Line(text, $"  {name,-9} unknown");
            return;
        }

        string row = $"  {name,-9}";
        long[] cells = [spread.MinNs, spread.MedianNs, spread.P99Ns, spread.P999Ns, spread.MaxNs];
        foreach (long ns in cells)
            row += $" {DurationText.Of(ns),9}";
        Line(text, row);
    }

    private static void Line(StringBuilder text, string line) =>
        text.Append(Printable.Of(line.TrimEnd())).Append('\n');
}
