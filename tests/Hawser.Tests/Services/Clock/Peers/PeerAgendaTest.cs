using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class PeerAgendaTest
{
    [Fact]
    public void The_agendas_pair_every_two_peers_exactly_once() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 40)), count =>
        {
            RosterEntry[] roster = MakeRoster(count);
            for (int me = 0; me < count; me++)
            {
                var agenda = new PeerAgenda(roster, me);
                var met = new List<uint>();
                while (agenda.TryNext(out RosterEntry? partner, out bool connects))
                {
                    Assert.Equal(roster[me].ClientId < partner.ClientId, connects);
                    met.Add(partner.ClientId);
                    agenda.Note(partner, DeliveryOutcome.Delivered, isGiven: true);
                }

                Assert.Equal(roster.Select(entry => entry.ClientId).Where(id => id != roster[me].ClientId), met.Order());
                ResultsPage results = Assert.Single(agenda.Results());
                Assert.Equal((count - 1, 0), (results.Delivered, results.Failed));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_pair_that_fails_is_tried_again_in_later_rounds_and_given_up_after_three()
    {
        RosterEntry[] roster = MakeRoster(4);
        var agenda = new PeerAgenda(roster, 0);
        var met = new List<uint>();
        while (agenda.TryNext(out RosterEntry? partner, out _))
        {
            met.Add(partner.ClientId);
            bool works = partner != roster[2];
            agenda.Note(partner, works ? DeliveryOutcome.Delivered : DeliveryOutcome.CutShort, works);
        }

        Assert.Equal(3, met.Count(id => id == roster[2].ClientId));
        Assert.Equal(5, met.Count);
        FailedDelivery failed = Assert.Single(Assert.Single(agenda.Results()).Failures);
        Assert.Equal(new FailedDelivery(roster[2].ClientId, DeliveryOutcome.CutShort), failed);
    }

    [Theory]
    [InlineData(DeliveryOutcome.TimedOut)]
    [InlineData(DeliveryOutcome.NotARecording)]
    [InlineData(DeliveryOutcome.TooLarge)]
    [InlineData(DeliveryOutcome.NotDialled)]
    internal void A_peer_that_took_its_time_or_has_nothing_to_give_is_not_tried_again(DeliveryOutcome outcome)
    {
        var agenda = new PeerAgenda(MakeRoster(2), 0);
        Assert.True(agenda.TryNext(out RosterEntry? partner, out _));
        agenda.Note(partner, outcome, isGiven: false);
        Assert.False(agenda.TryNext(out _, out _));
    }

    [Fact]
    public void A_half_delivered_pair_meets_again_and_keeps_the_received_recording()
    {
        RosterEntry[] roster = MakeRoster(2);
        var agenda = new PeerAgenda(roster, 0);
        Assert.True(agenda.TryNext(out RosterEntry? partner, out _));
        agenda.Note(partner, DeliveryOutcome.Delivered, isGiven: false);
        Assert.True(agenda.TryNext(out partner, out _));
        agenda.Note(partner, DeliveryOutcome.TimedOut, isGiven: true);
        Assert.False(agenda.TryNext(out _, out _));
        Assert.Equal(1, agenda.Delivered);
    }

    [Fact]
    public void A_greeting_is_accepted_only_from_lower_places_that_are_not_settled()
    {
        RosterEntry[] roster = MakeRoster(3);
        var agenda = new PeerAgenda(roster, 1);
        PeerHello Greeting(uint from, uint to) => new(ClockAbilities.None, ClockToken.Create(), from, to);
        Assert.Same(roster[0], agenda.Expected(Greeting(roster[0].ClientId, roster[1].ClientId)));
        Assert.Null(agenda.Expected(Greeting(roster[2].ClientId, roster[1].ClientId)));
        Assert.Null(agenda.Expected(Greeting(roster[0].ClientId, roster[2].ClientId)));
        Assert.Null(agenda.Expected(Greeting(999, roster[1].ClientId)));
        agenda.Note(roster[0], DeliveryOutcome.Delivered, isGiven: true);
        Assert.Null(agenda.Expected(Greeting(roster[0].ClientId, roster[1].ClientId)));
    }

    [Fact]
    public void Many_failures_are_reported_in_pages_that_the_register_accepts()
    {
        RosterEntry[] roster = MakeRoster(600);
        ResultsPage[] pages = [.. new PeerAgenda(roster, 5).Results()];
        Assert.Equal([256, 256, 87], pages.Select(page => page.Failures.Count));
        Assert.Equal([0, 256, 512], pages.Select(page => page.First));
        Assert.All(pages, page => Assert.Equal((0, 599), (page.Delivered, page.Failed)));
    }

    // Ids with gaps, as they are when some have departed.
    private static RosterEntry[] MakeRoster(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new RosterEntry(
            (uint)(i * 3) + 2,
            new IPEndPoint(IPAddress.Loopback, 40_000),
            ClockAbilities.Brotli,
            RecordingDigest.Of("Timestamp Data\n"u8))),
    ];
}
