using Hawser.Bench.Results;

namespace Hawser.Bench.Growth;

/// <summary>The growth page: a table per figure, and the behaviour of each model at limits.</summary>
internal static class GrowthPage
{
    private static readonly
        (string Title, string Words, Func<GrowthPoint, Figure?> Of, Func<double, string> Text)[] Figures =
    [
        ("Round trips per second", "All clients together.", point => point.RoundTripsPerSecond, GrowthText.Whole),
        ("p99 of the round trip", "Answered pings only; clients that wait for a place are not included.",
            point => point.LatencyP99Ns, GrowthText.Time),
        ("Clients answered", "Clients that received at least one answer during the measurement.",
            point => point.AnsweredClients, GrowthText.Whole),
        ("Memory of the server", "Resident (VmRSS), near the end.", point => point.ResidentBytes, GrowthText.Megabytes),
        ("CPU of the server, cores", "User and system time divided by the measured time.", point => point.CpuCores,
            value => $"{value:0.00}"),
        ("CPU of the server, µs per round trip", "The same, divided by round trips.",
            point => point.CpuMicrosecondsPerRoundTrip, value => $"{value:0.0}"),
    ];

    public static void Write(Markdown text, GrowthResult result)
    {
        text.Paragraph(
            $"""
            `{result.Command}`: {result.Rounds} rounds of {result.SecondsPerMeasurement:0.###} s, each with a new
            server; CPU pinning: {result.Pinned}. Closed loop: each client sends its next ping after the pong. Figures
            are medians of the rounds, with minimum and maximum.
            """);
        foreach ((string title, string words, Func<GrowthPoint, Figure?> of, Func<double, string> toText) in Figures)
        {
            text.Line($"## {title}");
            text.Line();
            text.Line(words);
            text.Line();
            text.Table(
                ["clients", .. result.Clients.Select(clients => $"{clients:#,0}")],
                result.Models.Select(model => (string[])
                    [model, .. result.Clients.Select(clients => Cell(result.At(model, clients), of, toText))]));
        }
        WriteFailures(text, result);
        WriteLimits(text, result);
    }

    private static string Cell(GrowthPoint? point, Func<GrowthPoint, Figure?> of, Func<double, string> toText) =>
        point is null || of(point) is not { } figure
            ? GrowthText.None
            : toText(figure.Min) == toText(figure.Max) ? toText(figure.Median)
            : $"{toText(figure.Median)} ({toText(figure.Min)} to {toText(figure.Max)})";

    private static void WriteFailures(Markdown text, GrowthResult result)
    {
        GrowthPoint[] failed = [.. result.Points.Where(point => point.Failed > 0)];
        if (failed.Length == 0)
            return;
        text.Line("Failed measurements, with the first reason:");
        text.Line();
        foreach (GrowthPoint point in failed)
        {
            text.Line($"- `{point.Model}`, {point.Clients:#,0} clients: {point.Failed} of "
                + $"{point.Failed + point.Rounds} rounds: {point.Error}");
        }
        text.Line();
    }

    private static void WriteLimits(Markdown text, GrowthResult result)
    {
        if (result.Limits.Count == 0)
            return;
        text.Line("## Behaviour at limits");
        text.Line();
        foreach (string model in result.Models)
            text.Line($"- {Sentence(model, result)}");
        text.Line();
        text.Paragraph(
            """
            In each trial the server lacks one resource; all clients connect at once, send one ping and stay. *Waited*
            clients were connected, but not answered before the timeout. *Not connected* clients were neither accepted
            nor refused. *Closed* clients were closed or reset without an answer. *Refused* clients found no listener.
            *Serves afterwards*: a new client was answered after all others had left.
            """);
        foreach (IGrouping<string, LimitTrial> limit in result.Limits.GroupBy(trial => trial.Limit))
            WriteLimit(text, limit);
    }

    private static void WriteLimit(Markdown text, IGrouping<string, LimitTrial> limit)
    {
        text.Line($"### {limit.Key}");
        text.Line();
        LimitTrial[] tried = [.. limit.Where(trial => trial.Error is null)];
        if (tried.Length > 0)
        {
            text.Paragraph($"`{tried[0].Command.Replace($"--model {tried[0].Model}", "--model MODEL")}`");
            text.Table(
                ["model", "clients", "answered", "waited", "not connected", "closed", "refused", "serves afterwards"],
                tried.Select(Row));
        }
        string[] remarks =
        [
            .. limit.Where(trial => trial.Error is not null).Select(trial => $"`{trial.Model}`: {trial.Error}"),
            .. tried.SelectMany(trial => trial.Said.Select(line => (trial.Model, Line: line)))
                .GroupBy(said => said.Line, said => said.Model)
                .Select(said => $"{string.Join(", ", said.Distinct().Select(model => $"`{model}`"))} said: {said.Key}"),
        ];
        foreach (string remark in remarks)
            text.Line($"- {remark}");
        if (remarks.Length > 0)
            text.Line();
    }

    private static string[] Row(LimitTrial trial) =>
    [
        trial.Model, $"{trial.Clients}", $"{trial.Answered}", $"{trial.Waited}", $"{trial.Unconnected}",
        $"{trial.Closed}", $"{trial.Refused}", trial.ServesAfterwards ? "yes" : "**no**",
    ];

    private static string Sentence(string model, GrowthResult result)
    {
        IEnumerable<string> trials = result.Limits.Where(trial => trial.Model == model && trial.Error is null)
            .Select(trial => $"with {trial.Limit}, {FateOf(trial)}");
        return $"`{model}` {string.Join("; ", (string[])[Growing(model, result), .. trials])}.";
    }

    /// <summary>The smallest number of clients of which not all are answered.</summary>
    private static string Growing(string model, GrowthResult result)
    {
        foreach (int clients in result.Clients)
        {
            if (result.At(model, clients) is not { } point)
                continue;
            if (point.AnsweredClients is null)
                return $"fails under {clients:#,0} clients ({point.Error})";
            if (point.AnsweredClients.Median < clients)
                return $"answers {point.AnsweredClients.Median:#,0} of {clients:#,0} clients, the others wait";
        }
        return $"answers all of {result.Clients[^1]:#,0} clients";
    }

    private static string FateOf(LimitTrial trial)
    {
        (int Count, string Word)[] fates =
        [
            (trial.Waited, "waited"), (trial.Unconnected, "were not connected"), (trial.Closed, "were closed"),
            (trial.Refused, "were refused"),
        ];
        IEnumerable<string> others = fates.Where(fate => fate.Count > 0).Select(fate => $"{fate.Count} {fate.Word}");
        string[] parts = [$"{trial.Answered} of {trial.Clients} were answered", .. others];
        return string.Join(", ", parts) + (trial.ServesAfterwards ? "" : ", **and no client after them**");
    }
}
