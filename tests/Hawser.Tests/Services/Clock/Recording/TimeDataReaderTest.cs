using System.Net;
using System.Text;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Recording;

public sealed class TimeDataReaderTest
{
    private const string Opening = "Timestamp Data\n#\tSender's IP\tReceiver's IP\tDate\tTime\n";
    private const string Asked = "1\t10.0.0.2:40000\t10.0.0.1:5555\t2026-11-20\t06:17:17.000001\n";
    private const string Answered = "2\t10.0.0.1:5555\t10.0.0.2:40000\t2026-11-20\t06:17:17.000101\n";
    private const string AskedAgain = "3\t10.0.0.2:40000\t10.0.0.1:5555\t2026-11-20\t06:17:17.010001\n";
    private const string End = "End of Timestamp Data (after 2 seconds)\n";

    [Fact]
    public async Task What_the_writer_wrote_the_reader_reads()
    {
        using var folder = new TemporaryFolder();
        var client = IPEndPoint.Parse("10.0.0.2:40000");
        var server = IPEndPoint.Parse("10.0.0.1:5555");
        string path = TimeDataWriter.ClientPath(folder["out"], 3);
        RecordingDigest digest;
        using (var flusher = new LineFileFlusher())
        {
            var writer = new TimeDataWriter(new LineFile(path), flusher);
            for (int i = 0; i < 1000; i++)
            {
                writer.Append(client, server, i * 10_000_000L);
                writer.Append(server, client, (i * 10_000_000L) + 50_000);
            }

            digest = await writer.EndAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(2000, writer.Rows);
        }

        byte[] bytes = File.ReadAllBytes(path);
        Assert.EndsWith("client_3_TimeData.txt", path, StringComparison.Ordinal);
        Assert.Equal(RecordingDigest.Of(bytes), digest);
        TimeDataRun reader = Assert.Single(Read(bytes));
        Assert.Equal(TimeDataEnding.Whole, reader.Ending);
        Assert.Equal("10 seconds", reader.Duration);
        Assert.Equal(2000, reader.Rows);
        TimeDataPairing pairing = Assert.Single(reader.Pairings);
        Assert.Equal(("10.0.0.2:40000", "10.0.0.1:5555"), (pairing.Client, pairing.Server));
        Assert.Equal(9_990_000_000, pairing.RequestsNs[^1]);
        Assert.Equal(9_990_050_000, pairing.AnswersNs[^1]);
    }

    [Fact]
    public void A_run_has_no_gap_after_a_dropped_row_and_the_next_run_is_whole()
    {
        using var folder = new TemporaryFolder();
        var client = IPEndPoint.Parse("10.0.0.2:40000");
        var server = IPEndPoint.Parse("10.0.0.1:5555");
        TimeDataWriter writer;
        using (var file = new LineFile(folder["a.txt"], pendingLimit: 700))
        {
            writer = new TimeDataWriter(file, flusher: null);
            for (int sent = 0; sent < 10; sent++)
                writer.Append(client, server, sent);
            file.Flush();
            for (int answered = 0; answered < 10; answered++)
                writer.Append(server, client, answered);
            writer.End(TimeSpan.Zero);
            writer.Append(client, server, 0);
            writer.Append(server, client, 0);
            writer.End(TimeSpan.Zero);
        }

        IReadOnlyList<TimeDataRun> runs = Read(File.ReadAllBytes(folder["a.txt"]));
        Assert.Equal(20, runs[0].Rows + writer.Dropped);
        Assert.InRange(runs[0].Rows, 1, 9);
        Assert.Equal(2, runs[1].Rows);
        Assert.All(runs, run => Assert.Equal(TimeDataEnding.Whole, run.Ending));
    }

    [Fact]
    public void Lines_that_were_dropped_count_against_no_limit()
    {
        using var folder = new TemporaryFolder();
        using var file = new LineFile(folder["a.txt"], pendingLimit: 30);
        bool isFull = false;
        var writer = new TimeDataWriter(file, flusher: null, limit: 4096, () => isFull = true);
        for (int run = 0; run < 200; run++)
        {
            writer.Append(IPEndPoint.Parse("10.0.0.2:40000"), IPEndPoint.Parse("10.0.0.1:5555"), 0);
            writer.End(TimeSpan.Zero);
        }

        Assert.Equal((false, 200), (isFull, writer.Dropped));
    }

    [Fact]
    public void A_file_truncated_anywhere_is_read_up_to_the_cut_and_reported_as_cut_or_torn()
    {
        string whole = Opening + Asked + Answered + AskedAgain + End;
        Assert.Equal(TimeDataEnding.Whole, Assert.Single(Read(whole)).Ending);
        Assert.Empty(Read(""));
        for (int length = 1; length < whole.Length; length++)
        {
            TimeDataRun reader = Assert.Single(Read(whole[..length]));
            bool wholeLines = whole[length - 1] == '\n';
            Assert.Equal(wholeLines ? TimeDataEnding.Cut : TimeDataEnding.Torn, reader.Ending);
            Assert.Equal(Math.Max(0, whole[..length].Count(c => c == '\n') - 2), reader.Rows);
            Assert.Null(reader.Duration);
        }
    }

    [Fact]
    public void The_servers_file_is_paired_per_client()
    {
        string other = Asked.Replace("1\t10.0.0.2", "2\t10.0.0.3");
        string rows = Asked + other
            + Answered.Replace("2\t", "3\t") + AskedAgain.Replace("3\t", "4\t") + Answered.Replace("2\t", "5\t");
        TimeDataRun reader = Assert.Single(Read(Opening + rows + End));
        Assert.Equal(["10.0.0.2:40000", "10.0.0.3:40000"], reader.Pairings.Select(pairing => pairing.Client));
        Assert.Equal([2, 1], reader.Pairings.Select(pairing => pairing.RequestsNs.Count));
        Assert.Equal([2, 0], reader.Pairings.Select(pairing => pairing.AnswersNs.Count));
    }

    [Theory]
    [InlineData(Opening + Asked + End, TimeDataEnding.Whole, 1)]
    [InlineData(Opening + Asked, TimeDataEnding.Cut, 1)]
    [InlineData(Opening, TimeDataEnding.Cut, 0)]
    [InlineData("Timestamp Data\n", TimeDataEnding.Cut, 0)]
    [InlineData("Timestamp Data\n#\tSen\n", TimeDataEnding.Torn, 0)]
    [InlineData(Opening + Asked + "2\t10.0\n", TimeDataEnding.Torn, 1)]
    [InlineData(Opening + Asked + "End of Time\n", TimeDataEnding.Torn, 1)]
    public void A_title_separates_runs_however_the_previous_one_ended(
        string earlier, TimeDataEnding ending, long rows)
    {
        IReadOnlyList<TimeDataRun> runs = Read(earlier + Opening + Asked + Answered + AskedAgain + End);
        Assert.Equal([(ending, rows), (TimeDataEnding.Whole, 3)], runs.Select(run => (run.Ending, run.Rows)));
    }

    [Theory]
    [InlineData("hello\n", "line 1: a recording begins")]
    [InlineData("Timestamp Data\nhello\n", "line 2: a recording begins")]
    [InlineData(Opening + AskedAgain, "line 3: row 3 follows row 0")]
    [InlineData(Opening + Asked + Asked, "line 4: row 1 follows row 1")]
    [InlineData(Opening + "garbage\n", "line 3: a row has five fields")]
    [InlineData(Opening + End + Asked, "line 4: nothing follows the last line")]
    [InlineData(Opening + "End of it\n", "line 3: the last line reads")]
    [InlineData(Opening + "1\tx\t10.0.0.1:5555\t2026-11-20\t06:17:17.000001\n", "line 3: \"x\" is no address")]
    public void A_malformed_recording_is_rejected_with_line_and_rule(string content, string error)
    {
        FormatException broken = Assert.Throws<FormatException>(() => Read(content));
        Assert.StartsWith(error, broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_without_a_request_is_refused()
    {
        FormatException broken = Assert.Throws<FormatException>(
            () => Read(Opening + Asked + Answered + Answered.Replace("2\t", "3\t")));
        Assert.Contains("never sent", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_refused_rather_than_stored()
    {
        FormatException broken = Assert.Throws<FormatException>(() => Read(Opening + new string('x', 100_000)));
        Assert.StartsWith("line 3: a line has less than 256 bytes", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_is_refused_without_any_other_error()
    {
        var random = new Random(5);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(Opening + Asked + Answered + End);
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Read(bytes);
            }
            catch (FormatException error)
            {
                Assert.StartsWith("line ", error.Message, StringComparison.Ordinal);
            }
        }
    }

    private static IReadOnlyList<TimeDataRun> Read(string content) => Read(Encoding.ASCII.GetBytes(content));

    private static IReadOnlyList<TimeDataRun> Read(byte[] content) => TimeDataReader.Read(new MemoryStream(content));
}
