using System.Text;

namespace Hawser.Services.Clock.Recording;

/// <summary>Reads the runs of a recording in <see cref="TimeDataFormat"/>. A run begins with the title line; before it,
/// a run whose writer was killed ends without a last line or within a row. Any other deviation is an error that names
/// the line.</summary>
internal static class TimeDataReader
{
    /// <summary>Reads all runs; an empty file has none.</summary>
    /// <exception cref="FormatException">It is not a recording; the message names the line and the rule.</exception>
    public static IReadOnlyList<TimeDataRun> Read(Stream source)
    {
        var lines = new LineSplitter(source, TimeDataFormat.LongestLine);
        var runs = new List<TimeDataRun>();
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (!line.SequenceEqual(TimeDataFormat.TitleBytes))
                throw lines.Error(runs.Count == 0 ? BadOpening : "nothing follows the last line but another recording");
            runs.Add(ReadRun(lines));
        }

        if (lines.IsTorn && (runs.Count == 0 || runs[^1].Ending == TimeDataEnding.Whole))
            runs.Add(new TimeDataRun());
        if (lines.IsTorn)
            runs[^1].Ending = TimeDataEnding.Torn;
        return runs;
    }

    private const string BadOpening =
        "a recording begins with the lines \"Timestamp Data\" and \"# Sender's IP ...\"";

    private static TimeDataRun ReadRun(LineSplitter lines)
    {
        var run = new TimeDataRun();
        if (!lines.TryRead(out ReadOnlySpan<byte> line))
            return run;
        if (!line.SequenceEqual(TimeDataFormat.HeaderBytes))
            return EndsEarly(run, lines, line, BadOpening);
        while (lines.TryRead(out line))
        {
            if (TimeDataFormat.IsEnd(line))
            {
                string text = Encoding.ASCII.GetString(line);
                run.Duration = text[TimeDataFormat.EndPrefix.Length..^TimeDataFormat.EndSuffix.Length];
                run.Ending = TimeDataEnding.Whole;
                return run;
            }

            if (line.StartsWith("End of "u8))
                return EndsEarly(run, lines, line, "the last line reads \"End of Timestamp Data (after ...)\"");
            if (!TimeDataFormat.TryReadRow(line, out TimeRow row, out string? broken))
                return EndsEarly(run, lines, line, broken!);
            run.Take(lines, row);
        }

        return run;
    }

    private static TimeDataRun EndsEarly(
        TimeDataRun run, LineSplitter lines, ReadOnlySpan<byte> line, string broken)
    {
        bool isTorn = lines.ExpectRun(line, TimeDataFormat.TitleBytes, broken);
        run.Ending = isTorn ? TimeDataEnding.Torn : TimeDataEnding.Cut;
        return run;
    }
}
