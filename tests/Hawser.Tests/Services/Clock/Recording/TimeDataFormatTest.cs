using System.Globalization;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Recording;
using Xunit;

namespace Hawser.Tests.Services.Clock.Recording;

public sealed class TimeDataFormatTest
{
    private static readonly byte[] Client = "10.0.0.2:40000"u8.ToArray();
    private static readonly byte[] Server = "10.0.0.1:5555"u8.ToArray();

    [Fact]
    public void A_row_is_number_sender_receiver_date_and_time_with_microseconds()
    {
        long wallNs = NsOf("2026-11-20T06:17:17.1234567Z");
        Assert.Equal(
            "7\t10.0.0.2:40000\t10.0.0.1:5555\t2026-11-20\t06:17:17.123456\n", Row(7, wallNs));
    }

    [Fact]
    public void A_row_holds_any_moment_to_the_microsecond_and_is_read_back() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue).Two()), pair =>
        {
            long wallNs = ((long)pair.Item1 * int.MaxValue) + pair.Item2;
            string row = Row(long.MaxValue, wallNs);
            var moment = DateTime.UnixEpoch.AddTicks(wallNs / 100);
            Assert.Contains(moment.ToString("yyyy-MM-dd\tHH:mm:ss.ffffff", CultureInfo.InvariantCulture), row);
            Assert.True(TimeDataFormat.TryReadRow(Encoding.ASCII.GetBytes(row.TrimEnd('\n')), out TimeRow back, out _));
            Assert.Equal(long.MaxValue, back.Number);
            Assert.Equal(wallNs / 1000 * 1000, back.WallNs);
            Assert.True(back.Sender.SequenceEqual(Client));
            Assert.True(back.Receiver.SequenceEqual(Server));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_longest_row_fits()
    {
        byte[] endpoint = TimeDataFormat.Endpoint(new IPEndPoint(
            IPAddress.Parse("fe80:1111:2222:3333:4444:5555:6666:7777%4294967295"), 65535));
        Span<byte> line = stackalloc byte[TimeDataFormat.LongestLine];
        Assert.InRange(TimeDataFormat.WriteRow(line, long.MaxValue, endpoint, endpoint, long.MaxValue), 1, 200);
    }

    [Fact]
    public void Formatting_a_row_allocates_nothing()
    {
        Span<byte> line = stackalloc byte[TimeDataFormat.LongestLine];
        TimeDataFormat.WriteRow(line, 1, Client, Server, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 100; i++)
            TimeDataFormat.WriteRow(line, i, Client, Server, i * 1_000_000_007L);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(300, "5 minutes")]
    [InlineData(300.012, "5 minutes")]
    [InlineData(60, "1 minute")]
    [InlineData(90, "1 minute 30 seconds")]
    [InlineData(61, "1 minute 1 second")]
    [InlineData(3600, "1 hour")]
    [InlineData(7325, "2 hours 2 minutes 5 seconds")]
    [InlineData(59.97, "1 minute")]
    [InlineData(59.4, "59.4 seconds")]
    [InlineData(2, "2 seconds")]
    [InlineData(2.004, "2 seconds")]
    [InlineData(2.44, "2.4 seconds")]
    [InlineData(1, "1 second")]
    [InlineData(0.97, "1 second")]
    [InlineData(0.35, "350 milliseconds")]
    [InlineData(0.001, "1 millisecond")]
    [InlineData(0, "0 milliseconds")]
    [InlineData(-1, "0 milliseconds")]
    public void The_last_line_words_the_real_duration(double seconds, string wording)
    {
        Span<byte> line = stackalloc byte[TimeDataFormat.LongestLine];
        int length = TimeDataFormat.WriteEnd(line, TimeSpan.FromSeconds(seconds));
        Assert.Equal($"End of Timestamp Data (after {wording})\n", Encoding.ASCII.GetString(line[..length]));
    }

    [Fact]
    public void An_ipv4_mapped_ipv6_address_is_shown_as_ipv4()
    {
        var endpoint = new IPEndPoint(IPAddress.Parse("10.0.0.2").MapToIPv6(), 40000);
        Assert.Equal("10.0.0.2:40000"u8, TimeDataFormat.Endpoint(endpoint));
        Assert.Equal("[::1]:80"u8, TimeDataFormat.Endpoint(new IPEndPoint(IPAddress.IPv6Loopback, 80)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1\ta:1\tb:2\t2026-11-20")]
    [InlineData("1\ta:1\tb:2\t2026-11-20\t06:17:17.123456\t")]
    [InlineData("x\ta:1\tb:2\t2026-11-20\t06:17:17.123456")]
    [InlineData("0\ta:1\tb:2\t2026-11-20\t06:17:17.123456")]
    [InlineData("1\ta:1\tb:2\t2026-13-20\t06:17:17.123456")]
    [InlineData("1\ta:1\tb:2\t2026-11-20\t06:17:17.12345")]
    [InlineData("1\ta:1\tb:2\t2026-11-20\t25:17:17.123456")]
    public void A_malformed_row_is_rejected_with_the_broken_rule(string line)
    {
        Assert.False(TimeDataFormat.TryReadRow(Encoding.ASCII.GetBytes(line), out _, out string? broken));
        Assert.StartsWith("a row ", broken, StringComparison.Ordinal);
    }

    private static long NsOf(string moment) =>
        (DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture).UtcTicks - DateTime.UnixEpoch.Ticks) * 100;

    private static string Row(long number, long wallNs)
    {
        Span<byte> line = stackalloc byte[TimeDataFormat.LongestLine];
        return Encoding.ASCII.GetString(line[..TimeDataFormat.WriteRow(line, number, Client, Server, wallNs)]);
    }
}
