using Hawser.Services.Clock.Recording;

namespace Hawser.Services.Clock.Statistics;

/// <summary>Makes client reports from recordings and their companions.</summary>
internal static class ClockReportSource
{
    /// <summary>One report for a client's recording, one per client for the server's.</summary>
    public static IEnumerable<ClientReport> Read(string path)
    {
        TimeDataReader rows = Parse(path, TimeDataReader.Read);
        string companion = ExchangeLogFormat.PathFor(path);
        if (rows.Pairings.Count <= 1 && File.Exists(companion))
        {
            ClientReport? report = ReadCompanion(path, companion, rows);
            if (report is not null)
                return [report];
        }

        return rows.Pairings.Select(pairing => new ClientReport
        {
            Client = pairing.Client,
            Server = pairing.Server,
            File = Path.GetFileName(path),
            Ending = rows.Ending,
            Duration = rows.Duration,
            Sent = pairing.RequestsNs.Count,
            Exchanges = pairing.AnswersNs.Count,
            Rows = RowTiming.Of(pairing),
        });
    }

    private static ClientReport? ReadCompanion(string path, string companion, TimeDataReader rows)
    {
        // The interval stands in the heading, before the first exchange; until then there is nothing to count.
        ClockStatistics? statistics = null;
        ExchangeLogHeading heading = default;
        ExchangeCounts? counts = Parse(companion, source => ExchangeLogReader.Read(
            source,
            found =>
            {
                heading = found;
                statistics = new ClockStatistics(found.IntervalNs);
            },
            exchange => statistics!.Take(exchange)));
        if (statistics is null)
            return null;

        // Both files are flushed apart, so that after a kill either may be ahead of the other.
        long sent = Math.Max(rows.Pairings.Sum(pairing => pairing.RequestsNs.Count), statistics.Exchanges);
        counts ??= new ExchangeCounts(sent, statistics.Exchanges, Math.Max(0, statistics.LastTick + 1 - sent));
        return ClientReport.Of(heading, counts.Value, statistics) with
        {
            File = Path.GetFileName(path),
            Ending = rows.Ending,
            Duration = rows.Duration,
        };
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
}
