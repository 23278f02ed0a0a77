using System.Net;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class RosterReceiverTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1001)]
    public void A_roster_cut_into_pages_is_put_together_again_over_the_wire(int count)
    {
        ClockMember[] members = MakeSession(count);
        IReadOnlyList<RosterEntry> roster = members[0].Session.Roster!;
        var receiver = new RosterReceiver();
        var frame = new byte[ClockProtocol.HeaderSize + RosterProtocol.LongestRoster];
        foreach (RosterPage page in PagesOf(members[0]))
        {
            Assert.False(receiver.IsComplete);
            int length = RosterProtocol.WriteRoster(frame, page);
            ReadOnlySpan<byte> payload = frame.AsSpan(ClockProtocol.HeaderSize, length - ClockProtocol.HeaderSize);
            receiver.Take(RosterProtocol.ReadRoster(payload));
        }

        Assert.True(receiver.IsComplete);
        Assert.True(receiver.Key.Equals(members[0].Key));
        Assert.Equal(roster, receiver.Entries.Select(entry => entry with { Pair = default }));
        Assert.Equal(
            members[1..].Select(member => PairToken.Of(member.Key, members[0].Id)),
            receiver.Entries.Skip(1).Select(entry => entry.Pair));
        Assert.Equal(count - 1, receiver.PlaceOf((uint)count - 1));
        Assert.Equal(-1, receiver.PlaceOf((uint)count));
    }

    [Fact]
    public void Pages_that_do_not_make_one_roster_are_refused_with_the_rule()
    {
        RosterPage[] pages = [.. PagesOf(MakeSession(130)[0])];
        (RosterPage Page, string Rule)[] lies =
        [
            (pages[0], "pages come in order: 64 is next, not 0"),
            (pages[1] with { Total = 131 }, "all pages of a roster have its total, key and number of departed members"),
            (pages[1] with { Departed = 1 }, "all pages of a roster have its total, key and number of departed members"),
            (pages[1] with { Key = ClockToken.Create() }, "all pages of a roster have its total, key and number of departed members"),
            (pages[1] with { Entries = pages[0].Entries }, "the entries of a roster ascend, but 0 follows 63"),
        ];
        foreach ((RosterPage page, string rule) in lies)
        {
            var receiver = new RosterReceiver();
            receiver.Take(pages[0]);
            Assert.Equal(rule, BrokenRule.Of(() => receiver.Take(page)));
        }
    }

    private static IEnumerable<RosterPage> PagesOf(ClockMember member)
    {
        for (int first = 0; first < member.Session.Roster!.Count; first += ClockLimits.RosterPageEntries)
            yield return member.PageFrom(first);
    }

    private static ClockMember[] MakeSession(int count)
    {
        var register = new ClockRegister(TimeProvider.System);
        var hello = new Hello(ClockAbilities.Brotli, 40_000, 10_000_000, 2_000_000_000);
        ClockMember[] members =
            [.. Enumerable.Range(0, count).Select(_ => register.Join(hello, IPAddress.Parse("10.0.0.2"))!)];
        foreach (ClockMember member in members)
            register.Finish(member, new RecordingDone(RecordingDigest.Of("Timestamp Data\n"u8), 0, 0, 0));
        return members;
    }
}
