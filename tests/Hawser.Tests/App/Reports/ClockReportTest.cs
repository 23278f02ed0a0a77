using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using Hawser.App.Reports;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Reports;

public sealed class ClockReportTest
{
    private const long Us = 1_000;
    private const long Interval = 10_000_000;

    private static readonly IPEndPoint Client = IPEndPoint.Parse("10.0.0.2:40000");
    private static readonly IPEndPoint Server = IPEndPoint.Parse("10.0.0.1:5555");

    [Fact]
    public void A_recording_with_its_exchange_log_yields_all_statistics()
    {
        using var folder = new TemporaryFolder();
        string path = Record(folder["out"], id: 3, ticks: 200, answered: 198, missed: 2);
        ClientReport client = Assert.Single(ClockReport.FromFiles([path]).Clients);
        Assert.Equal((3u, TimeDataEnding.Whole), (client.ClientId, client.Ending));
        Assert.Equal("client_3_TimeData.txt", client.File);
        Assert.Equal((198, 2, 0), (client.Exchanges, client.Missed, client.Lost));
        Assert.Equal((60 * Us, 159 * Us), (client.Delay!.MinNs, client.Delay.MaxNs));
        Assert.Equal(20 * Us, client.Lateness!.MaxNs);
        Assert.Equal((5_000 * Us, 30 * Us), (client.Offset!.Value.Ns, client.Offset.Value.ErrorNs));
        Assert.NotNull(client.Drift);
        Assert.Null(client.Rows);
        Assert.Equal("2 seconds", client.Duration);
    }

    [Fact]
    public void A_recording_without_its_exchange_log_yields_only_row_statistics()
    {
        using var folder = new TemporaryFolder();
        string path = Record(folder["out"], id: 3, ticks: 200, answered: 198, missed: 2);
        File.Delete(ExchangeLogFormat.PathFor(path));
        ClockReport report = ClockReport.FromFiles([path]);
        ClientReport client = Assert.Single(report.Clients);
        Assert.Equal((198, 0), (client.Exchanges, client.Lost));
        Assert.Null(client.Delay);
        Assert.Equal(0, client.Missed);
        Assert.Equal(10_000 * Us, client.Rows!.Spacing!.MinNs);
        Assert.Equal(5_040 * Us, client.Rows.AnswerAfterRequest!.MinNs);
        Assert.Contains(".exchanges.tsv", ClockReportText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Missed_ticks_are_derived_per_client_from_gaps_in_the_server_recording()
    {
        using var folder = new TemporaryFolder();
        using (var file = new LineFile(folder["serverTimeData.txt"]))
        {
            var rows = new TimeDataWriter(file, flusher: null);
            for (uint tick = 0; tick < 1000; tick++)
            {
                Exchange exchange = Make(tick);
                IPEndPoint client = tick % 2 == 0 ? Client : IPEndPoint.Parse("10.0.0.3:40000");
                // Of 500 ticks each: the first client misses 10 in a row, and is late for one; the other misses none.
                if (tick is >= 200 and < 220 && tick % 2 == 0)
                    continue;
                long late = tick == 400 ? 15_000 * Us : 0;
                rows.Append(client, Server, exchange.T1.WallNs + late);
                rows.Append(Server, client, exchange.T3.WallNs + late);
            }

            _ = rows.EndAsync(TimeSpan.FromSeconds(10));
        }

        ClockReport report = ClockReport.FromFiles([folder["serverTimeData.txt"]]);
        Assert.Equal([10, 0], report.Clients.Select(client => client.Missed));
        Assert.Equal((990, 990, 10), (report.All.Sent, report.All.Exchanges, report.All.Missed));
        Assert.Contains("exchanges 490 made, 10 missed, 0 lost", ClockReportText.Of(report), StringComparison.Ordinal);
        Assert.Contains("exchanges 990 made, 10 missed, 0 lost", ClockReportText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Totals_are_unknown_where_no_client_reports_a_value()
    {
        ClockReport report = ClockReport.Of(
            [new() { Client = "a", Server = "s", Sent = 1, Exchanges = 1 }, new() { Client = "b", Server = "s", Sent = 1, Exchanges = 1 }]);
        Assert.Null(report.All.Missed);
        Assert.Equal(3, ClockReportText.Of(report).Split("missed unknown").Length - 1);
    }

    [Fact]
    public void A_client_found_in_two_files_is_reported_once_with_the_richer_data()
    {
        using var folder = new TemporaryFolder();
        string path = Record(folder["out"], id: 3, ticks: 100, answered: 100, missed: 0);
        string copy = folder["serverTimeData.txt"];
        File.Copy(path, copy);
        ClientReport client = Assert.Single(ClockReport.FromFiles([copy, path]).Clients);
        Assert.NotNull(client.Delay);
    }

    [Fact]
    public void A_truncated_recording_is_reported_up_to_the_cut_and_marked_as_cut()
    {
        using var folder = new TemporaryFolder();
        string path = Record(folder["out"], id: 3, ticks: 200, answered: 198, missed: 2);
        Cut(path, keep: 0.5);
        Cut(ExchangeLogFormat.PathFor(path), keep: 0.6);
        ClockReport report = ClockReport.FromFiles([path]);
        Assert.True(report.IsCut);
        Assert.InRange(report.Clients[0].Exchanges, 100, 150);
        Assert.Equal(0, report.Clients[0].Lost);
        Assert.Contains("cut in the middle of a row", ClockReportText.Of(report), StringComparison.Ordinal);
        Assert.Contains("cut</span>", ClockReportPage.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_recording_is_an_error_with_file_line_and_rule()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["notes.txt"], "Dear diary,\n");
        FormatException error = Assert.Throws<FormatException>(() => ClockReport.FromFiles([folder["notes.txt"]]));
        Assert.Contains("notes.txt, line 1: a recording begins", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_shows_counts_spreads_offset_drift_and_steps()
    {
        string text = ClockReportText.Of(Measured(3, 200));
        Assert.Equal(
            """
            client 3  10.0.0.2:40000 -> 10.0.0.1:5555
              exchanges 200 made, 0 missed, 0 lost, one every 10 ms
                              min    median       p99     p99.9       max
              lateness    20.0 µs   20.0 µs   20.0 µs   20.0 µs   20.0 µs
              delay       60.0 µs   60.0 µs    157 µs    159 µs    159 µs
              jitter      1.00 µs   49.0 µs   99.0 µs   99.0 µs   99.0 µs
              offset    +5.00 ms ± 30.0 µs (server ahead)
              drift     0.00 ppm (95 % interval 0.00 to 0.00)
              steps     none seen


            """.ReplaceLineEndings("\n"),
            text);
    }

    [Fact]
    public void The_first_steps_are_shown_and_the_others_counted()
    {
        ClockStep[] steps =
            [.. Enumerable.Range(0, 7).Select(i => new ClockStep(i % 2 == 1, i * 1_000_000_000L, -2_000_000))];
        ClientReport client = Measured(3, 200).Clients[0] with { Steps = steps, StepsSeen = 107 };
        string text = ClockReportText.Of(ClockReport.Of([client]));
        Assert.Contains("steps     client -2.00 ms at 0 ns, server -2.00 ms at 1.00 s, ", text, StringComparison.Ordinal);
        Assert.Contains(", client -2.00 ms at 4.00 s, 102 more\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_json_has_a_schema_counts_and_nanoseconds()
    {
        using JsonDocument json = JsonDocument.Parse(Measured(3, 200).ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal("hawser-clock-report/1", root.GetProperty("schema").GetString());
        Assert.Equal(200, root.GetProperty("all").GetProperty("exchanges").GetInt64());
        JsonElement client = root.GetProperty("clients")[0];
        Assert.Equal(60_000, client.GetProperty("delay").GetProperty("min_ns").GetInt64());
        Assert.Equal(30_000, client.GetProperty("offset").GetProperty("error_ns").GetInt64());
        Assert.False(client.TryGetProperty("statistics", out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(700)]
    public void The_page_is_well_formed_and_fetches_nothing(int ticks)
    {
        string html = ClockReportPage.Of(Measured(3, ticks));
        foreach (string call in (string[])["src=", "href=", "url(", "@import", "<script", "http:", "https:"])
            Assert.DoesNotContain(call, html, StringComparison.OrdinalIgnoreCase);
        int pictures = 0;
        for (int at = 0; (at = html.IndexOf("<svg", at, StringComparison.Ordinal)) >= 0; at++)
        {
            string svg = html[at..(html.IndexOf("</svg>", at, StringComparison.Ordinal) + 6)];
            Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
            Assert.Equal("svg", XElement.Parse(svg).Name.LocalName);
            pictures++;
        }

        // The widest of three twice: a narrow window shows another one.
        Assert.Equal(4, pictures);
    }

    [Fact]
    public void Recording_text_is_html_escaped_in_the_page()
    {
        var report = ClockReport.Of([new() { Client = "<b>&", Server = "\"'", Sent = 1, Exchanges = 0 }]);
        string html = ClockReportPage.Of(report);
        Assert.DoesNotContain("<b>&", html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_without_clients_is_valid()
    {
        ClockReport report = ClockReport.Of([]);
        Assert.Contains("all 0 clients", ClockReportText.Of(report), StringComparison.Ordinal);
        Assert.Contains("\"clients\":[]", report.ToJson(), StringComparison.Ordinal);
        Assert.Contains("</html>", ClockReportPage.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void All_clients_together_have_the_sum_of_counts_and_the_merged_distribution()
    {
        ClockReport report = ClockReport.Of([.. Measured(1, 100).Clients, .. Measured(0, 300).Clients]);
        Assert.Equal([0u, 1u], report.Clients.Select(client => client.ClientId!.Value));
        Assert.Equal((2, 400, 400), (report.All.Clients, report.All.Exchanges, report.All.Delay!.Count));
        Assert.Contains("all 2 clients", ClockReportText.Of(report), StringComparison.Ordinal);
        Assert.Contains("All clients", ClockReportPage.Of(report), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 ns")]
    [InlineData(999, "999 ns")]
    [InlineData(999.7, "1.00 µs")]
    [InlineData(85_349, "85.3 µs")]
    [InlineData(9_996, "10.0 µs")]
    [InlineData(-1_234_000, "-1.23 ms")]
    [InlineData(123_400_000, "123 ms")]
    [InlineData(12e9, "12.0 s")]
    public void Durations_have_three_digits_and_a_unit(double ns, string text) =>
        Assert.Equal(text, DurationText.Of(ns));

    private static ClockReport Measured(uint id, int ticks)
    {
        var statistics = new ClockStatistics(Interval);
        for (uint tick = 0; tick < ticks; tick++)
            statistics.Take(Make(tick));
        var heading = new ExchangeLogHeading(id, Client.ToString(), Server.ToString(), Interval);
        return ClockReport.Of([ClientReport.Of(heading, new ExchangeCounts(ticks, ticks, 0), statistics)]);
    }

    private static string Record(string folder, uint id, uint ticks, uint answered, uint missed)
    {
        string path = TimeDataWriter.ClientPath(folder, id);
        var heading = new ExchangeLogHeading(id, Client.ToString(), Server.ToString(), Interval);
        using var rowsFile = new LineFile(path);
        using var logFile = new LineFile(ExchangeLogFormat.PathFor(path));
        var rows = new TimeDataWriter(rowsFile, flusher: null);
        var log = new ExchangeLogWriter(logFile, flusher: null, heading);
        for (uint tick = 0; tick < answered; tick++)
        {
            Exchange exchange = Make(tick);
            rows.Append(Client, Server, exchange.T1.WallNs);
            rows.Append(Server, Client, exchange.T3.WallNs);
            log.Append(exchange);
        }

        _ = rows.EndAsync(TimeSpan.FromSeconds(ticks / 100.0));
        _ = log.EndAsync(new ExchangeCounts(answered, answered, missed));
        return path;
    }

    private static void Cut(string path, double keep)
    {
        byte[] content = File.ReadAllBytes(path);
        int length = (int)(content.Length * keep);
        File.WriteAllBytes(path, content[..(content[length - 1] == '\n' ? length - 1 : length)]);
    }

    private static Exchange Make(uint tick)
    {
        long sent = (tick * Interval) + (20 * Us);
        long forth = tick % 2 == 0 ? 30 * Us : (30 + (tick % 100)) * Us;
        const long Epoch = 1_795_155_437_000_000_000, Offset = 5_000 * Us;
        long received = sent + forth, answered = received + (10 * Us), returned = answered + (30 * Us);
        return new Exchange(
            tick,
            new(Epoch + sent, sent),
            new(Epoch + received + Offset, received),
            new(Epoch + answered + Offset, answered),
            new(Epoch + returned, returned));
    }
}
