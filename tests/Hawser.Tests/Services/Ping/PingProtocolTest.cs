using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Ping;
using Xunit;

namespace Hawser.Tests.Services.Ping;

public sealed class PingProtocolTest
{
    private const long LargestNumber = 999_999_999_999_999_999;

    public static TheoryData<string> NoPings =>
    [
        "", "ping", "ping ", "ping 1", "ping 1 ", "ping  1 2", "ping 1  2", " ping 1 2", "ping 1 2 ", "ping 1 2 3",
        "PING 1 2", "ping\t1 2", "ping 1 2\r", "ping -1 2", "ping +1 2", "ping 1.5 2", "ping a b", "ping 0x1 2",
        "ping 1234567890123456789 2", "ping 1 1234567890123456789", "pong 1 2", "ping 1 2\0", "ping \u00b2 1", "\0",
    ];

    [Fact]
    public void A_ping_is_written_as_documented()
    {
        byte[] line = new byte[PingProtocol.LineLimit];

        int length = PingProtocol.WritePing(3, 17, line);

        Assert.Equal(GoldenBytes.Of("ping"), line[..length]);
    }

    [Fact]
    public void A_pong_is_written_as_documented()
    {
        byte[] line = new byte[PingProtocol.LineLimit];

        int length = PingProtocol.WritePong(GoldenBytes.Of("ping").AsSpan()[..^1], line);

        Assert.Equal(GoldenBytes.Of("pong"), line[..length]);
    }

    [Fact]
    public void The_documented_lines_are_read_as_what_they_say()
    {
        Assert.True(PingProtocol.TryParsePing(GoldenBytes.Of("ping").AsSpan()[..^1], out long client, out long n));
        Assert.Equal((3, 17), (client, n));
        Assert.True(PingProtocol.TryParsePong(GoldenBytes.Of("pong").AsSpan()[..^1], out client, out n));
        Assert.Equal((3, 17), (client, n));
    }

    [Fact]
    public void The_documented_error_names_the_rule() =>
        Assert.Equal($"ERROR: {PingProtocol.Rule}\n", Encoding.ASCII.GetString(GoldenBytes.Of("error")));

    [Theory]
    [MemberData(nameof(NoPings))]
    public void A_malformed_ping_is_rejected(string line) =>
        Assert.False(PingProtocol.TryParsePing(Encoding.Latin1.GetBytes(line), out _, out _));

    [Theory]
    [InlineData("ping 0 0", 0, 0)]
    [InlineData("ping 007 08", 7, 8)]
    [InlineData("ping 999999999999999999 999999999999999999", LargestNumber, LargestNumber)]
    public void Numbers_have_up_to_eighteen_digits(string line, long client, long n)
    {
        Assert.True(PingProtocol.TryParsePing(Encoding.ASCII.GetBytes(line), out long parsedClient, out long parsedN));
        Assert.Equal((client, n), (parsedClient, parsedN));
    }

    [Fact]
    public void Written_pings_and_pongs_parse_back()
    {
        Gen<long> any =
            from high in Gen.Choose(0, 999_999_999)
            from low in Gen.Choose(0, 999_999_999)
            select high * 1_000_000_000L + low;
        Gen<long> number = Gen.OneOf(any, Gen.Choose(0, 99).Select(small => (long)small), Gen.Elements(LargestNumber));
        Prop.ForAll(
            number.ToArbitrary(), number.ToArbitrary(), (client, n) =>
            {
                byte[] ping = new byte[PingProtocol.LineLimit];
                byte[] pong = new byte[PingProtocol.LineLimit];
                int length = PingProtocol.WritePing(client, n, ping);
                int answered = PingProtocol.WritePong(ping.AsSpan(0, length - 1), pong);
                return answered == length
                    && ping[length - 1] == '\n' && pong[length - 1] == '\n'
                    && PingProtocol.TryParsePing(ping.AsSpan(0, length - 1), out long c1, out long n1)
                    && PingProtocol.TryParsePong(pong.AsSpan(0, length - 1), out long c2, out long n2)
                    && (c1, n1) == (client, n) && (c2, n2) == (client, n);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Only_lines_of_the_documented_form_parse_as_pings()
    {
        // Mutations of a ping are far more often nearly right than random bytes.
        var line =
            from place in Gen.Choose(0, 9)
            from value in Gen.Choose(0, 255)
            from cut in Gen.Choose(0, 10)
            select (Place: place, Value: (byte)value, Cut: cut);
        Prop.ForAll(line.ToArbitrary(), mutation =>
        {
            byte[] bytes = "ping 12 34"u8.ToArray();
            bytes[mutation.Place] = mutation.Value;
            bytes = bytes[..mutation.Cut];
            bool isPing = System.Text.RegularExpressions.Regex.IsMatch(
                Encoding.Latin1.GetString(bytes), @"\Aping [0-9]{1,18} [0-9]{1,18}\z");
            return PingProtocol.TryParsePing(bytes, out _, out _) == isPing;
        }).QuickCheckThrowOnFailure();
    }
}
