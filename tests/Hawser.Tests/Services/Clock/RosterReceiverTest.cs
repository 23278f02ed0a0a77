using System.Net;
using Hawser.Services.Clock;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed class RosterReceiverTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1001)]
    public void A_roster_cut_into_pages_is_put_together_again_over_the_wire(int count)
    {
        var token = SessionToken.Create();
        RosterEntry[] roster = MakeRoster(count);
        var receiver = new RosterReceiver();
        var frame = new byte[ClockProtocol.HeaderSize + RosterProtocol.LongestRoster];
        foreach (RosterPage page in RosterPage.Of(token, roster))
        {
            Assert.False(receiver.IsComplete);
            int length = RosterProtocol.WriteRoster(frame, page);
            ReadOnlySpan<byte> payload = frame.AsSpan(ClockProtocol.HeaderSize, length - ClockProtocol.HeaderSize);
            Assert.True(RosterProtocol.TryReadRoster(payload, out RosterPage? read, out _));
            Assert.True(receiver.TryTake(read, out _));
        }

        Assert.True(receiver.IsComplete);
        Assert.True(receiver.Token.Equals(token));
        Assert.Equal(roster, receiver.Entries);
        Assert.Equal(count - 1, receiver.PlaceOf((uint)count - 1));
        Assert.Equal(-1, receiver.PlaceOf((uint)count));
    }

    [Fact]
    public void Pages_that_do_not_make_one_roster_are_refused_with_the_rule()
    {
        RosterPage[] pages = [.. RosterPage.Of(SessionToken.Create(), MakeRoster(130))];
        (RosterPage Page, string Rule)[] lies =
        [
            (pages[0], "pages come in order: 64 is next, not 0"),
            (pages[1] with { Total = 131 }, "all pages of a roster have its total and token"),
            (pages[1] with { Token = SessionToken.Create() }, "all pages of a roster have its total and token"),
            (pages[1] with { Entries = pages[0].Entries }, "the entries of a roster ascend, but 0 follows 63"),
        ];
        foreach ((RosterPage page, string rule) in lies)
        {
            var receiver = new RosterReceiver();
            Assert.True(receiver.TryTake(pages[0], out _));
            Assert.False(receiver.TryTake(page, out string? broken));
            Assert.Equal(rule, broken);
        }
    }

    private static RosterEntry[] MakeRoster(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new RosterEntry(
            (uint)i,
            new IPEndPoint(IPAddress.Parse("10.0.0.2"), 40_000),
            ClockAbilities.Brotli,
            RecordingDigest.Of("Timestamp Data\n"u8))),
    ];
}
