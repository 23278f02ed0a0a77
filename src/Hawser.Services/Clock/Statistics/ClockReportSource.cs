using Hawser.Services.Clock.Recording;

namespace Hawser.Services.Clock.Statistics;

/// <summary>Makes client reports from recordings and their companions.</summary>
internal static class ClockReportSource
{
    /// <summary>Reads the runs of a file: one report per run of a client's recording, one per client and run of the
    /// server's.</summary>
    public static IEnumerable<ClientReport> Read(string path)
    {
        IReadOnlyList<TimeDataRun> runs = Parse(path, TimeDataReader.Read);
        string companion = ExchangeLogFormat.PathFor(path);
        List<Log> logs = File.Exists(companion) ? Parse(companion, ReadLogs) : [];
        foreach ((int i, TimeDataRun run) in runs.Index())
        {
            int? number = runs.Count > 1 ? i + 1 : null;
            if (TakeLog(logs, run) is { } log)
            {
                yield return Of(path, number, run, log);
                continue;
            }

            foreach (TimeDataPairing pairing in run.Pairings)
                yield return Of(path, number, run, pairing);
        }
    }

    private static ClientReport Of(string path, int? number, TimeDataRun run, TimeDataPairing pairing) => new()
    {
        Client = pairing.Client,
        Server = pairing.Server,
        File = Path.GetFileName(path),
        Run = number,
        Ending = run.Ending,
        Duration = run.Duration,
        Sent = pairing.RequestsNs.Count,
        Exchanges = pairing.AnswersNs.Count,
        Missed = RowTiming.MissedOf(pairing.RequestsNs),
        Rows = RowTiming.Of(pairing),
        FirstRowNs = pairing.RequestsNs[0],
    };

    private static ClientReport Of(string path, int? number, TimeDataRun run, Log log)
    {
        // The files are flushed separately: after a kill, either may be ahead of the other.
        ClockStatistics statistics = log.Statistics;
        long sent = Math.Max(run.Pairings.Sum(pairing => pairing.RequestsNs.Count), statistics.Exchanges);
        ExchangeCounts counts = log.Counts
            ?? new ExchangeCounts(sent, statistics.Exchanges, Math.Max(0, statistics.LastTick + 1 - sent));
        return ClientReport.Of(log.Heading, counts, statistics) with
        {
            File = Path.GetFileName(path),
            Run = number,
            Ending = run.Ending,
            Duration = run.Duration,
            FirstRowNs = run.Pairings.Count > 0 ? run.Pairings.First().RequestsNs[0] : 0,
        };
    }

    /// <summary>Removes the log of a run from the list: the first with its endpoints, or the first of all if the run
    /// was cut before its first row.</summary>
    private static Log? TakeLog(List<Log> logs, TimeDataRun run)
    {
        if (run.Pairings.Count > 1)
            return null;
        TimeDataPairing? only = run.Pairings.FirstOrDefault();
        int found = logs.FindIndex(log =>
            only is null || (log.Heading.Client == only.Client && log.Heading.Server == only.Server));
        if (found < 0)
            return null;
        Log log = logs[found];
        logs.RemoveRange(0, found + 1);
        return log;
    }

    private static List<Log> ReadLogs(Stream source)
    {
        var reader = new ExchangeLogReader(source);
        var logs = new List<Log>();
        while (reader.TryBegin(out ExchangeLogHeading heading))
        {
            var statistics = new ClockStatistics(heading.IntervalNs);
            ExchangeCounts? counts = reader.Read(exchange => statistics.Take(exchange));
            logs.Add(new Log(heading, statistics, counts));
        }

        return logs;
    }

    private static T Parse<T>(string path, Func<Stream, T> read)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            return read(file);
        }
        catch (FormatException error)
        {
            throw new FormatException($"{path}, {error.Message}", error);
        }
    }

    /// <summary>A run of the companion.</summary>
    private sealed record Log(ExchangeLogHeading Heading, ClockStatistics Statistics, ExchangeCounts? Counts);
}
