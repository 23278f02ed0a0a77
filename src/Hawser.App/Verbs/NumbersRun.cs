using System.Globalization;
using System.Text;
using System.Text.Json;
using Hawser.App.Output;
using Hawser.Services.Numbers;

namespace Hawser.App.Verbs;

/// <summary>One run of the numbers client, and what it prints.</summary>
internal sealed class NumbersRun(NumbersClientOptions options, bool json, bool verify)
{
    /// <summary>The exercise: download, then sort, one line of time each.</summary>
    public int Phases(bool plain)
    {
        NumbersClientOptions how = plain ? options.Plain : options;
        NumbersReport report = Run(how);
        if (!json)
            PrintTimes(report);
        return Finish(how, report.Failures, writer =>
        {
            writer.WriteString("mode", plain ? "plain" : "parallel");
            WriteTimes(writer, report);
        });
    }

    /// <summary>Before and after, in one run.</summary>
    public int Compare()
    {
        if (!json)
            Standard.Out.WriteLine("One by one, on one thread:");
        NumbersReport before = Run(options.Plain with { Resume = false });
        if (!json)
        {
            PrintTimes(before);
            Standard.Out.WriteLine($"Over {options.Connections} connections, on {options.Sorters} threads:");
        }
        NumbersReport after = Run(options with { Resume = false });
        double download = before.Download / after.Download;
        double sorting = before.Sorting / after.Sorting;
        if (!json)
        {
            PrintTimes(after);
            Standard.Out.WriteLine(Text($"Speed-up: download {download:0.00}, sorting {sorting:0.00}"));
        }
        return Finish(options, [.. before.Failures, .. after.Failures], writer =>
        {
            writer.WriteString("mode", "compare");
            writer.WriteStartObject("before");
            WriteTimes(writer, before);
            writer.WriteEndObject();
            writer.WriteStartObject("after");
            WriteTimes(writer, after);
            writer.WriteEndObject();
            writer.WriteNumber("download_speed_up", download);
            writer.WriteNumber("sorting_speed_up", sorting);
        });
    }

    /// <summary>One pipeline, and where its time goes.</summary>
    public int Fused()
    {
        NumbersReport report;
        PipelineStages stages;
        using (TransferProgress progress = TransferProgress.StartCounting("lists", options.Lists))
            (report, stages) = new NumbersClient(Watched(options, progress)).RunFused();
        double copySpeed = MemorySpeed.Measure();
        if (!json)
        {
            Standard.Out.WriteLine(Text($"Total time: {report.Download.TotalSeconds:0.000000}"));
            Standard.Out.WriteLine(Text($"Memory is copied at {copySpeed / 1e9:0.0} GB/s on one core; each stage, per core:"));
            TextTable.Write(Standard.Out, ["stage", "share", "GB/s", "of copy speed"],
                [.. Enum.GetValues<PipelineStage>().Select(stage => Row(stages, stage, copySpeed))], 1, 3);
        }
        return Finish(options, report.Failures, writer =>
        {
            writer.WriteString("mode", "fused");
            writer.WriteNumber("total_seconds", report.Download.TotalSeconds);
            writer.WriteNumber("copy_bytes_per_second", copySpeed);
            writer.WriteStartObject("stages");
            foreach (PipelineStage stage in Enum.GetValues<PipelineStage>())
            {
                writer.WriteStartObject(stage.ToString());
                writer.WriteNumber("seconds", stages.TimeOf(stage).TotalSeconds);
                writer.WriteNumber("bytes_per_second", stages.BytesPerSecond(stage));
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        });
    }

    private static string[] Row(PipelineStages stages, PipelineStage stage, double copySpeed)
    {
        double rate = stages.BytesPerSecond(stage);
        return
        [
            stage.ToString(),
            Text($"{100 * stages.TimeOf(stage) / stages.Total:0.0} %"),
            Text($"{rate / 1e9:0.00}"),
            Text($"1/{copySpeed / rate:0.0}"),
        ];
    }

    private static NumbersReport Run(NumbersClientOptions how)
    {
        // Each list passes two phases.
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

    private static void PrintTimes(NumbersReport report)
    {
        Standard.Out.WriteLine(Text($"Files download time: {report.Download.TotalSeconds:0.000000}"));
        Standard.Out.WriteLine(Text($"Sorting time: {report.Sorting.TotalSeconds:0.000000}"));
    }

    private static void WriteTimes(Utf8JsonWriter writer, NumbersReport report)
    {
        writer.WriteNumber("download_seconds", report.Download.TotalSeconds);
        writer.WriteNumber("sorting_seconds", report.Sorting.TotalSeconds);
    }

    private int Finish(
        NumbersClientOptions how, IReadOnlyList<ListFailure> failures, Action<Utf8JsonWriter> writeFigures)
    {
        foreach (ListFailure failure in failures)
            Standard.Error.WriteLine($"ERROR: {failure}");
        int failed = failures.Select(failure => failure.List).Distinct().Count();
        IReadOnlyList<ListFailure> wrong = verify && failed == 0 ? new NumbersClient(how).Verify() : [];
        foreach (ListFailure failure in wrong)
            Standard.Error.WriteLine($"ERROR: {failure}");
        if (verify && failed == 0 && !json)
            Standard.Out.WriteLine($"Verified: {how.Lists - wrong.Count} of {how.Lists} lists");
        if (json)
            PrintJson(how, failed, verify ? how.Lists - failed - wrong.Count : null, writeFigures);
        if (wrong.Count > 0)
            return ExitCode.NotVerified;
        return failed == 0 ? ExitCode.Done : failed < how.Lists ? ExitCode.PartlyDone : ExitCode.Failed;
    }

    private static void PrintJson(
        NumbersClientOptions how, int failed, int? verified, Action<Utf8JsonWriter> writeFigures)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("lists", how.Lists);
            writer.WriteNumber("failed", failed);
            if (verified is not null)
                writer.WriteNumber("verified", verified.Value);
            writeFigures(writer);
            writer.WriteEndObject();
        }
        Standard.Out.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
