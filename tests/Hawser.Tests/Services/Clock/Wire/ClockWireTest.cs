using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Wire;

public sealed class ClockWireTest
{
    private const long Wall = 1_795_155_437_123_456_700;

    private static readonly ClockToken Token = ClockToken.Read(
        [.. Enumerable.Range(0x10, 16).Select(i => (byte)i)]);

    private static readonly PairToken Pair = PairToken.Of(
        ClockToken.Read([.. Enumerable.Range(0x20, 16).Select(i => (byte)i)]), caller: 0);

    private static readonly RecordingDigest Small = RecordingDigest.Of("Timestamp Data\n"u8);
    private static readonly RecordingDigest Large = WithBytes(4_200_123);

    private static readonly Hello Hello = new(ClockAbilities.Brotli, 40001, 10_000_000, 300_000_000_000, SessionKey.Of("lab 3"));
    private static readonly Welcome Welcome = new(ClockAbilities.Brotli, 7, 5000);
    private static readonly ExchangeRequest Request = new(3, new(Wall, 30_012_345));
    private static readonly ExchangeReply Reply = new(
        3, new(Wall, 30_012_345), new(Wall + 41_000, 900_000_041_000), new(Wall + 46_000, 900_000_046_000));

    private static readonly RecordingDone Done = new(Large, 29_998, 29_997, 2);
    private static readonly RosterPage Roster = new(Token, 2, 0,
    [
        new(0, IPEndPoint.Parse("10.0.0.2:40001"), ClockAbilities.Brotli, Large),
        new(7, IPEndPoint.Parse("[::1]:40002"), ClockAbilities.None, Small) { Pair = Pair },
    ]);

    private static readonly ResultsPage Results = new(4, 2, 0,
        [new(3, DeliveryOutcome.Unreachable), new(5, DeliveryOutcome.WrongHash)]);

    private static readonly PeerHello PeerHello = new(ClockAbilities.Brotli, Pair.Call, 0, 7);
    private static readonly PeerWelcome PeerWelcome = new(ClockAbilities.None, 7, Pair.Answer);
    private static readonly Offer Offer = new(true, Small);

    public static TheoryData<string> Messages => [.. Enum.GetNames<ClockMessage>()];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_message_is_written_as_the_document_shows_it(string name)
    {
        var frame = new byte[100_000];
        int length = Write(Enum.Parse<ClockMessage>(name), frame);
        Assert.Equal(Convert.ToHexString(GoldenBytes.Of(name)), Convert.ToHexString(frame.AsSpan(0, length)));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_message_of_the_document_is_read_as_what_was_written(string name)
    {
        byte[] frame = GoldenBytes.Of(name);
        (ClockMessage type, int length) = ClockProtocol.ReadHeader(frame);
        Assert.Equal((name, frame.Length - ClockProtocol.HeaderSize), (type.ToString(), length));
        Assert.Null(Read(type, frame.AsSpan(ClockProtocol.HeaderSize), out object? message));
        Assert.Equal(Comparable(Expected(type)), Comparable(message));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_length_the_type_does_not_allow_is_refused_with_the_rule(string name)
    {
        var type = Enum.Parse<ClockMessage>(name);
        byte[] frame = [.. GoldenBytes.Of(name)];
        (frame[1], frame[2], frame[3]) = (0xff, 0xff, 0xff);
        string rule = BrokenRule.Of(() => ClockProtocol.ReadHeader(frame));
        Assert.StartsWith($"{type} has ", rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(22)]
    [InlineData(255)]
    public void A_type_that_does_not_exist_is_refused(byte type)
    {
        string rule = BrokenRule.Of(() => ClockProtocol.ReadHeader([type, 0, 0, 0]));
        Assert.Equal($"there is no message of type {type}", rule);
    }

    [Theory]
    [InlineData("Hello", 0, 0x00, "Hello begins with HWCK")]
    [InlineData("Hello", 4, 0x01, "the version is 2, not 1")]
    [InlineData("Hello", 6, 0x00, "a peer port is 0 or 1024 to 65535, not 65")]
    [InlineData("Hello", 5, 0x81, "abilities have no bit but Brotli (1), not 129")]
    [InlineData("Hello", 8, 0x80, "an interval is 1 ms to 60 s")]
    [InlineData("Hello", 10, 0x01, "an interval is 1 ms to 60 s")]
    [InlineData("Hello", 16, 0x80, "a duration is one interval to 24 h")]
    [InlineData("Hello", 18, 0x30, "a recording has 5000000 ticks or less, not 5307655")]
    [InlineData("Welcome", 2, 0x01, "bytes kept for later are zero")]
    [InlineData("Welcome", 4, 0x80, "a client id is 0 to 2147483647")]
    [InlineData("Welcome", 8, 0x80, "a lease is 100 ms to 1 h")]
    [InlineData("Refused", 0, 0x00, "a reason of refusal is 1 to 6, not 0")]
    [InlineData("Refused", 0, 0x07, "a reason of refusal is 1 to 6, not 7")]
    [InlineData("Request", 4, 0x80, "a wall clock is not before 1970")]
    [InlineData("Request", 12, 0x80, "a monotonic clock is not negative")]
    [InlineData("Reply", 36, 0x80, "a wall clock is not before 1970")]
    [InlineData("Reply", 28, 0x01, "a reply is not sent before its request is received")]
    [InlineData("Done", 0, 0x80, "a recording has 1 byte to 2 GiB")]
    [InlineData("Done", 3, 0x01, "a recording has 1 byte to 2 GiB")]
    [InlineData("Done", 44, 0x01, "16807213 answers to 29998 requests cannot be")]
    [InlineData("Done", 5, 0xff, "a recording of 59995 rows has at most 9599509 bytes, not 16717499")]
    [InlineData("Goodbye", 0, 0x04, "a reason of leaving is 0 to 3, not 4")]
    [InlineData("Roster", 16, 0x01, "a roster has 1 to 10000 entries")]
    [InlineData("Roster", 19, 0x00, "a roster has 1 to 10000 entries, not 0")]
    [InlineData("Roster", 23, 0x01, "entries 1 to 3 are beyond the 2 announced")]
    [InlineData("Roster", 20, 0xff, "entries 4278190080 to 4278190082 are beyond the 2 announced")]
    [InlineData("Roster", 25, 0x03, "3 entries of 96 bytes do not fill 192 bytes")]
    [InlineData("Roster", 31, 0x07, "the entries of a roster ascend, but 7 follows 7")]
    [InlineData("Roster", 32, 0x05, "an address family is 4 or 6, not 5")]
    [InlineData("Roster", 33, 0x02, "abilities have no bit but Brotli")]
    [InlineData("Roster", 34, 0x00, "a port on a roster is 1024 to 65535, not 65")]
    [InlineData("Roster", 40, 0x01, "bytes kept for later are zero")]
    [InlineData("Results", 0, 0x01, "results speak of less than 10000 others")]
    [InlineData("Results", 13, 0x03, "3 entries of 8 bytes do not fill 16 bytes")]
    [InlineData("Results", 15, 0x01, "bytes kept for later are zero")]
    [InlineData("Results", 20, 0x00, "the outcome of a failed delivery is 1 to 12, not 0")]
    [InlineData("Results", 21, 0x01, "bytes kept for later are zero")]
    [InlineData("PeerHello", 0, 0x00, "PeerHello begins with HWPX")]
    [InlineData("PeerHello", 31, 0x00, "client 0 does not meet itself")]
    [InlineData("PeerHello", 7, 0x01, "bytes kept for later are zero")]
    [InlineData("PeerWelcome", 0, 0x00, "the version is 2, not 0")]
    [InlineData("Offer", 0, 0x02, "an encoding is 0 or 1, not 2")]
    [InlineData("Offer", 1, 0x02, "bytes kept for later are zero")]
    [InlineData("Offer", 4, 0x80, "a recording has 1 byte to 2 GiB")]
    [InlineData("Receipt", 0, 0x0d, "an outcome is 0 to 12, not 13")]
    public void A_field_beyond_its_limit_is_refused_with_the_rule(string name, int at, byte value, string rule)
    {
        byte[] payload = GoldenBytes.Of(name)[ClockProtocol.HeaderSize..];
        payload[at] = value;
        Assert.StartsWith(rule, Read(Enum.Parse<ClockMessage>(name), payload, out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_read_as_a_message_or_rejected_with_a_rule() =>
        Prop.ForAll(
            Arb.From(Gen.Elements(Enum.GetValues<ClockMessage>())),
            Arb.From(Gen.ArrayOf(Gen.Choose(0, 255), 300)),
            Arb.From(Gen.Choose(0, 300)),
            (type, bytes, extra) =>
            {
                byte[] payload = [.. bytes.Select(b => (byte)b)];
                byte[] header = [(byte)type, 0, (byte)(extra >> 8), (byte)extra];
                int length = extra;
                try
                {
                    ClockProtocol.ReadHeader(header);
                }
                catch (ProtocolException)
                {
                    length = GoldenBytes.Of(type.ToString()).Length - ClockProtocol.HeaderSize;
                }
                string? broken = Read(type, payload.AsSpan(0, length), out object? message);
                Assert.True(broken is null == message is not null);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_full_page_of_either_list_fits_its_frame()
    {
        var frame = new byte[ClockProtocol.HeaderSize + RosterProtocol.LongestRoster];
        RosterEntry[] entries =
        [
            .. Enumerable.Range(0, ClockLimits.RosterPageEntries)
                .Select(i => Roster.Entries[0] with { ClientId = (uint)i }),
        ];
        Assert.Equal(frame.Length, RosterProtocol.WriteRoster(frame, new RosterPage(Token, 1001, 937, entries, 258)));
        RosterPage page = RosterProtocol.ReadRoster(frame.AsSpan(4));
        Assert.Equal((1001, 937, 64, 258), (page.Total, page.First, page.Entries.Count, page.Departed));

        FailedDelivery[] failures = [.. Enumerable.Repeat(Results.Failures[0], ClockLimits.ResultsPageEntries)];
        int length = RosterProtocol.WriteResults(frame, new ResultsPage(0, 1000, 744, failures));
        ResultsPage results = RosterProtocol.ReadResults(frame.AsSpan(4, length - 4));
        Assert.Equal((1000, 744, 256), (results.Failed, results.First, results.Failures.Count));
    }

    [Fact]
    public void Tokens_are_random_and_equal_only_to_themselves()
    {
        ClockToken token = ClockToken.Create();
        Span<byte> bytes = stackalloc byte[ClockToken.Size];
        token.CopyTo(bytes);
        Assert.True(token.Equals(ClockToken.Read(bytes)));
        Assert.False(token.Equals(ClockToken.Create()));
    }

    private static int Write(ClockMessage type, Span<byte> frame) => type switch
    {
        ClockMessage.Hello => ClockProtocol.WriteHello(frame, Hello),
        ClockMessage.Welcome => ClockProtocol.WriteWelcome(frame, Welcome),
        ClockMessage.Refused => ClockProtocol.WriteRefused(frame, RefusalReason.Full),
        ClockMessage.Request => ClockProtocol.WriteRequest(frame, Request),
        ClockMessage.Reply => ClockProtocol.WriteReply(frame, Reply),
        ClockMessage.Done => ClockProtocol.WriteDone(frame, Done),
        ClockMessage.Alive => ClockProtocol.WriteAlive(frame),
        ClockMessage.Roster => RosterProtocol.WriteRoster(frame, Roster),
        ClockMessage.Results => RosterProtocol.WriteResults(frame, Results),
        ClockMessage.Goodbye => ClockProtocol.WriteGoodbye(frame, new Goodbye(GoodbyeReason.Complete)),
        ClockMessage.PeerHello => PeerProtocol.WritePeerHello(frame, PeerHello),
        ClockMessage.PeerWelcome => PeerProtocol.WritePeerWelcome(frame, PeerWelcome),
        ClockMessage.PeerRefused => PeerProtocol.WritePeerRefused(frame, RefusalReason.Busy),
        ClockMessage.Offer => PeerProtocol.WriteOffer(frame, Offer),
        ClockMessage.Chunk => WriteChunk(frame),
        ClockMessage.Receipt => PeerProtocol.WriteReceipt(frame, DeliveryOutcome.Delivered),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static int WriteChunk(Span<byte> frame)
    {
        "Timestamp Data\n"u8.CopyTo(frame[ClockProtocol.HeaderSize..]);
        return ClockProtocol.WriteHeader(frame, ClockMessage.Chunk, 15);
    }

    private static object Expected(ClockMessage type) => type switch
    {
        ClockMessage.Hello => Hello,
        ClockMessage.Welcome => Welcome,
        ClockMessage.Refused => RefusalReason.Full,
        ClockMessage.Request => Request,
        ClockMessage.Reply => Reply,
        ClockMessage.Done => Done,
        ClockMessage.Roster => Roster,
        ClockMessage.Results => Results,
        ClockMessage.Goodbye => new Goodbye(GoodbyeReason.Complete),
        ClockMessage.PeerHello => PeerHello,
        ClockMessage.PeerWelcome => PeerWelcome,
        ClockMessage.PeerRefused => RefusalReason.Busy,
        ClockMessage.Offer => Offer,
        ClockMessage.Receipt => DeliveryOutcome.Delivered,
        _ => "bytes",
    };

    // Lists compare by reference, so pages are compared by their entries.
    private static object? Comparable(object? message) => message switch
    {
        RosterPage page => (page.Key, page.Total, page.First, string.Join(' ', page.Entries)),
        ResultsPage page => (page.Delivered, page.Failed, page.First, string.Join(' ', page.Failures)),
        _ => message,
    };

    private static string? Read(ClockMessage type, ReadOnlySpan<byte> payload, out object? message)
    {
        message = null;
        try
        {
            message = type switch
            {
                ClockMessage.Hello => ClockProtocol.ReadHello(payload),
                ClockMessage.Welcome => ClockProtocol.ReadWelcome(payload),
                ClockMessage.Refused or ClockMessage.PeerRefused => ClockProtocol.ReadRefused(payload),
                ClockMessage.Request => ClockProtocol.ReadRequest(payload),
                ClockMessage.Reply => ClockProtocol.ReadReply(payload),
                ClockMessage.Done => ClockProtocol.ReadDone(payload),
                ClockMessage.Roster => RosterProtocol.ReadRoster(payload),
                ClockMessage.Results => RosterProtocol.ReadResults(payload),
                ClockMessage.Goodbye => ClockProtocol.ReadGoodbye(payload),
                ClockMessage.PeerHello => PeerProtocol.ReadPeerHello(payload),
                ClockMessage.PeerWelcome => PeerProtocol.ReadPeerWelcome(payload),
                ClockMessage.Offer => PeerProtocol.ReadOffer(payload),
                ClockMessage.Receipt => PeerProtocol.ReadReceipt(payload),
                _ => "bytes",
            };
            return null;
        }
        catch (ProtocolException e)
        {
            return e.Message;
        }
    }

    private static RecordingDigest WithBytes(long bytes)
    {
        Span<byte> sha256 = stackalloc byte[RecordingDigest.HashBytes];
        Small.CopyHashTo(sha256);
        return new RecordingDigest(bytes, sha256);
    }
}
