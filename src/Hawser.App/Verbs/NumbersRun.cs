using System.Globalization;
using System.Text.Json;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.Services.Numbers;

namespace Hawser.App.Verbs;

/// <summary>Runs the numbers client and prints its results.</summary>
internal sealed class NumbersRun(NumbersClientOptions options, bool json, bool verify)
{
    /// <summary>Downloads, then sorts, and prints the time of each.</summary>
    public int Phases(bool plain)
    {
        NumbersClientOptions how = plain ? options.Plain : options;
        NumbersReport report = Run(how);
        if (!json)
            PrintTimes(report);
        return Finish(how, report.Failures, report.Doubts, writer =>
        {
            writer.WriteString("mode", plain ? "plain" : "parallel");
            WriteTimes(writer, report);
        });
    }

    /// <summary>Runs plain, then in parallel, and prints the speed-up.</summary>
    public int Compare()
    {
        NumbersReport before = Run(options.Plain);
        if (!json)
            PrintTimes(before, "One by one, on one thread:");
        NumbersReport after = Run(options);
        // A ratio of runs that did different work is meaningless.
        bool isWhole = before.Failures.Count + after.Failures.Count == 0;
        double? download = isWhole ? before.Download / after.Download : null;
        double? sorting = isWhole ? before.Sorting / after.Sorting : null;
        if (!json)
        {
            PrintTimes(after, $"Over {options.Connections} connections, on {options.Sorters} threads:");
            if (isWhole)
                Standard.Out.WriteLine(Text($"Speed-up: download {download:0.00}, sorting {sorting:0.00}"));
        }
        // The lists on disk, which get verified, are those of the second run.
        ListFailure[] failures = [.. before.Failures.Concat(after.Failures).DistinctBy(failure => failure.List)
            .OrderBy(failure => failure.List)];
        return Finish(options, failures, after.Doubts, writer =>
        {
            writer.WriteString("mode", "compare");
            writer.WriteStartObject("before");
            WriteTimes(writer, before);
            writer.WriteEndObject();
            writer.WriteStartObject("after");
            WriteTimes(writer, after);
            writer.WriteEndObject();
            WriteFigure(writer, "download_speed_up", download);
            WriteFigure(writer, "sorting_speed_up", sorting);
        });
    }

    private static NumbersReport Run(NumbersClientOptions how)
    {
        // Each list completes two phases.
        using TransferProgress progress = TransferProgress.StartCounting("lists", 2L * how.Lists);
        return new NumbersClient(Watched(how, progress)).Run();
    }

    private static NumbersClientOptions Watched(NumbersClientOptions how, TransferProgress progress)
    {
        long done = 0;
        var gate = new Lock();
        return how with
        {
            OnList = () =>
            {
                lock (gate)
                    progress.Report(++done);
            },
        };
    }

    private static void PrintTimes(NumbersReport report, string? heading = null)
    {
        if (heading is not null && report.Download is not null)
            Standard.Out.WriteLine(heading);
        if (report.Download is { } download)
            Standard.Out.WriteLine(Text($"Files download time: {download.TotalSeconds:0.000000}"));
        if (report.Sorting is { } sorting)
            Standard.Out.WriteLine(Text($"Sorting time: {sorting.TotalSeconds:0.000000}"));
    }

    private static void WriteTimes(Utf8JsonWriter writer, NumbersReport report)
    {
        WriteFigure(writer, "download_seconds", report.Download?.TotalSeconds);
        WriteFigure(writer, "sorting_seconds", report.Sorting?.TotalSeconds);
    }

    /// <summary>Writes a figure, or null if it was not measured.</summary>
    private static void WriteFigure(Utf8JsonWriter writer, string name, double? figure)
    {
        writer.WritePropertyName(name);
        if (figure is null)
            writer.WriteNullValue();
        else
            writer.WriteNumberValue(figure.Value);
    }

    private int Finish(
        NumbersClientOptions how, IReadOnlyList<ListFailure> failures, IReadOnlyList<ListFailure> doubts,
        Action<Utf8JsonWriter> writeFigures)
    {
        Complain("ERROR", failures);
        Complain("WARNING", doubts);
        IReadOnlyList<ListFailure> wrong = verify ? new NumbersClient(how).Verify(failures) : [];
        Complain("ERROR", wrong);
        int done = how.Lists - failures.Count;
        if (json)
            PrintJson(how, failures.Count, verify ? done - wrong.Count : null, writeFigures);
        else if (verify)
            Standard.Out.WriteLine($"Verified: {done - wrong.Count} of {how.Lists} lists");
        if (wrong.Count > 0)
            return ExitCode.NotVerified;
        return done == how.Lists ? ExitCode.Done : done > 0 ? ExitCode.PartlyDone : ExitCode.Failed;
    }

    private static void Complain(string kind, IReadOnlyList<ListFailure> about)
    {
        foreach (string line in ListFailure.Describe(about))
            Standard.Error.WriteLine($"{kind}: {line}");
    }

    private static void PrintJson(
        NumbersClientOptions how, int failed, int? verified, Action<Utf8JsonWriter> writeFigures)
    {
        Standard.Out.WriteLine(JsonLine.Of(json =>
        {
            json.WriteNumber("lists", how.Lists);
            json.WriteNumber("failed", failed);
            if (verified is not null)
                json.WriteNumber("verified", verified.Value);
            writeFigures(json);
        }));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
