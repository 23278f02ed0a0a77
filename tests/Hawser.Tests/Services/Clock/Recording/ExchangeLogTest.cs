using System.Text;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Recording;

public sealed class ExchangeLogTest
{
    private static readonly ExchangeLogHeading Heading = new(3, "10.0.0.2:40000", "[::1]:5555", 10_000_000);

    [Fact]
    public async Task What_the_writer_wrote_the_reader_reads()
    {
        using var folder = new TemporaryFolder();
        string path = ExchangeLogFormat.PathFor(folder["client_3_TimeData.txt"]);
        Exchange[] written = [.. Enumerable.Range(0, 500).Select(Sample)];
        using (var flusher = new LineFileFlusher())
        {
            var writer = new ExchangeLogWriter(new LineFile(path), flusher, Heading);
            foreach (Exchange exchange in written)
                writer.Append(exchange);
            await writer.EndAsync(new ExchangeCounts(501, 500, 7));
        }

        Assert.EndsWith("client_3_TimeData.exchanges.tsv", path, StringComparison.Ordinal);
        var read = new List<Exchange>();
        using FileStream file = File.OpenRead(path);
        var reader = new ExchangeLogReader(file);
        Assert.True(reader.TryBegin(out ExchangeLogHeading heading));
        Assert.Equal(Heading, heading);
        ExchangeCounts? counts = reader.Read(read.Add);
        Assert.False(reader.TryBegin(out _));
        Assert.Equal(new ExchangeCounts(501, 500, 7), counts);
        Assert.Equal(written, read);
    }

    [Fact]
    public void A_log_cut_anywhere_is_read_up_to_there_and_has_no_counts()
    {
        string whole = Content(2) + "# end sent=2 answered=2 missed=0\n";
        for (int length = 0; length < whole.Length; length++)
        {
            int rows = 0;
            ExchangeLogReader cut = Reader(whole[..length]);
            Assert.Null(cut.TryBegin(out _) ? cut.Read(_ => rows++) : null);
            Assert.Equal(Math.Clamp(whole[..length].Count(c => c == '\n') - 3, 0, 2), rows);
        }
    }

    [Theory]
    [InlineData("# end sent=1 answered=1 missed=0\n", true)]
    [InlineData("", false)]
    [InlineData("1\t17951\n", false)]
    public void A_later_run_is_recognised_by_its_title(string end, bool isWhole)
    {
        ExchangeLogReader reader = Reader(Content(1) + end + Content(2));
        int rows = 0;
        Assert.True(reader.TryBegin(out _));
        Assert.Equal(isWhole, reader.Read(_ => rows++) is not null);
        Assert.True(reader.TryBegin(out _));
        Assert.Null(reader.Read(_ => rows++));
        Assert.Equal(3, rows);
    }

    [Theory]
    [InlineData("# end sent=1 answered=2 missed=0\n")]
    [InlineData("# end sent=1 answered=1\n")]
    [InlineData("1\t2\t3\n")]
    [InlineData("-1\t2\t3\t4\t5\t6\t7\t8\t9\n")]
    [InlineData("1\t2\t3\t4\t5\t6\t7\t8\t-9\n")]
    [InlineData("1\t2\t3\t4\t5\t6\t7\t8\t9223372036854775807\n")]
    [InlineData("4294967296\t2\t3\t4\t5\t6\t7\t8\t9\n")]
    public void A_malformed_exchange_is_rejected_with_its_line_number(string line)
    {
        ExchangeLogReader reader = Reader(Content(1) + line);
        Assert.True(reader.TryBegin(out _));
        FormatException broken = Assert.Throws<FormatException>(() => reader.Read(_ => { }));
        Assert.StartsWith("line 5: ", broken.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("# client=0 address=x server=10.0.0.1:5555 interval_ns=10000000")]
    [InlineData("# client=0 address=10.0.0.2:1 server=10.0.0.1:5555 interval_ns=0")]
    [InlineData("# client=-1 address=10.0.0.2:1 server=10.0.0.1:5555 interval_ns=10000000")]
    [InlineData("# nothing")]
    public void A_malformed_heading_is_rejected(string heading) =>
        Assert.False(ExchangeLogFormat.TryReadHeading(Encoding.ASCII.GetBytes(heading), out _));

    private static ExchangeLogReader Reader(string content) => new(new MemoryStream(Encoding.ASCII.GetBytes(content)));

    private static string Content(int rows)
    {
        string content = Encoding.ASCII.GetString(ExchangeLogFormat.Opening(Heading));
        Span<byte> line = stackalloc byte[ExchangeLogFormat.LongestLine];
        for (int i = 0; i < rows; i++)
            content += Encoding.ASCII.GetString(line[..ExchangeLogFormat.WriteExchange(line, Sample(i))]);
        return content;
    }

    private static Exchange Sample(int tick)
    {
        long wall = 1_795_155_437_123_456_700 + (tick * 10_000_000L);
        long mono = tick * 10_000_000L;
        return new Exchange(
            (uint)tick,
            new(wall, mono),
            new(wall + 50_000, mono + 7),
            new(wall + 60_000, mono + 17),
            new(wall + 90_000, mono + 90_000));
    }
}
