using System.Net;
using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Server;

public sealed class ClockRegisterTest
{
    private static readonly Hello Hello = new(ClockAbilities.Brotli, 40001, 10_000_000, 2_000_000_000);
    private static readonly RecordingDone Done = new(RecordingDigest.Of("Timestamp Data\n"u8), 200, 200, 0);

    private readonly FakeTime _time = new();
    private readonly ClockRegister _register;

    public ClockRegisterTest() => _register = new ClockRegister(_time, mostClients: 5);

    [Fact]
    public void Ids_count_from_zero_and_are_never_given_twice()
    {
        ClockMember first = Join();
        _register.Leave(first);
        Assert.Equal((0u, 1u), (first.Id, Join().Id));
    }

    [Fact]
    public void A_full_session_admits_a_client_only_after_another_leaves()
    {
        ClockMember[] members = [.. Enumerable.Range(0, 5).Select(_ => Join())];
        Assert.Null(_register.Join(Hello, IPAddress.Loopback));
        _register.Leave(members[2]);
        Assert.NotNull(_register.Join(Hello, IPAddress.Loopback));
    }

    [Fact]
    public void The_roster_is_frozen_when_no_client_records_and_is_the_same_for_all()
    {
        ClockMember first = Join(), second = Join(), third = Join();
        Finish(first);
        Finish(third);
        Assert.Null(_register.RosterOf(first));
        Finish(second);
        IReadOnlyList<RosterEntry> roster = _register.RosterOf(first)!;
        Assert.Same(roster, _register.RosterOf(third));
        Assert.Equal([0u, 1u, 2u], roster.Select(entry => entry.ClientId));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 40001), roster[1].Address);
        Assert.Equal(Done.Recording, roster[1].Recording);
    }

    [Fact]
    public void A_member_that_leaves_while_recording_is_dropped_from_the_roster()
    {
        ClockMember first = Join(), second = Join();
        Finish(first);
        Assert.Null(_register.Leave(second));
        Assert.Equal([first.Id], _register.RosterOf(first)!.Select(entry => entry.ClientId));
        Assert.Equal(1, first.PageFrom(0).Departed);
    }

    [Fact]
    public void Members_without_a_peer_port_are_not_missed()
    {
        ClockMember first = Join(), second = Join(Hello with { PeerPort = 0 });
        Finish(first);
        _register.Leave(second);
        Assert.Equal(0, first.PageFrom(0).Departed);
    }

    [Fact]
    public void A_client_joining_after_the_session_ended_starts_the_next_one()
    {
        ClockMember first = Join();
        Finish(first);
        ClockMember late = Join();
        Assert.Single(_register.RosterOf(first)!);
        Assert.Null(_register.RosterOf(late));
    }

    [Fact]
    public void An_early_finish_does_not_close_the_session_for_recording_members()
    {
        ClockMember first = Join();
        Finish(Join());
        ClockMember second = Join();
        Finish(Join());
        Assert.Same(first.Session, second.Session);
        Assert.Same(first.Session, Join().Session);
    }

    [Fact]
    public void A_day_long_recording_gets_a_session_of_its_own()
    {
        Hello day = Hello with { DurationNs = 24 * 3_600_000_000_000 };
        ClockMember before = Join(day);
        ClockMember first = Join();
        ClockMember after = Join(day);
        Assert.NotSame(before.Session, first.Session);
        Assert.Same(first.Session, Join().Session);
        Assert.Same(before.Session, after.Session);
    }

    [Fact]
    public void A_short_client_does_not_join_a_long_session_near_its_end()
    {
        Hello twentyMinutes = Hello with { DurationNs = 20 * 60_000_000_000L };
        Hello oneMinute = Hello with { DurationNs = 60_000_000_000 };
        ClockMember first = Join(twentyMinutes);
        TimeSpan end = ClockTiming.StayOf(twentyMinutes) + (ClockTiming.PatienceOf(twentyMinutes.DurationNs) / 2);
        _time.Advance(end - ClockTiming.StayOf(oneMinute) - TimeSpan.FromSeconds(30));

        Assert.NotSame(first.Session, Join(oneMinute).Session);
    }

    [Fact]
    public void A_stream_of_newcomers_ends_a_session_no_later_than_was_fixed_when_it_began()
    {
        ClockMember first = Join();
        TimeSpan most = ClockTiming.StayOf(Hello) + (ClockTiming.PatienceOf(Hello.DurationNs) / 2);
        int joined = 0;
        for (var waited = TimeSpan.Zero; waited < most; waited += TimeSpan.FromSeconds(1))
        {
            ClockMember next = Join();
            joined += next.Session == first.Session ? 1 : 0;
            _register.Leave(next);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(31, joined);
    }

    [Fact]
    public void Each_key_has_sessions_of_its_own()
    {
        ClockMember open = Join(), secret = Join(Hello with { Session = SessionKey.Of("secret") });
        Assert.NotSame(open.Session, secret.Session);
        Assert.Same(secret.Session, Join(Hello with { Session = SessionKey.Of("secret") }).Session);
        Assert.NotSame(secret.Session, Join(Hello with { Session = SessionKey.Of("Secret") }).Session);
        Assert.Same(open.Session, Join().Session);
    }

    [Fact]
    public void Memory_for_9900_leaving_members_is_linear_in_their_number()
    {
        const int Many = 9_900;
        var register = new ClockRegister(_time);
        ClockMember[] members =
            [.. Enumerable.Range(0, Many).Select(_ => register.Join(Hello, IPAddress.Loopback)!)];
        foreach (ClockMember member in members[..^1])
            register.Finish(member, Done);
        register.Finish(members[^1], Done);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SessionSummary? last = null;
        foreach (ClockMember member in members)
            last = register.Leave(member);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Many * 1000L);
        Assert.Equal((Many, 0L, (long)Many * (Many - 1)), (last!.Clients, last.Delivered, last.Expected));
        Assert.EndsWith("  and 98,000,050 more\n", last.ToText(), StringComparison.Ordinal);
        Assert.Equal(52, last.ToText().Count(c => c == '\n'));
    }

    [Fact]
    public void Leaving_a_recording_session_allocates_almost_nothing()
    {
        var register = new ClockRegister(_time);
        ClockMember[] members = [.. Enumerable.Range(0, 5000).Select(_ => register.Join(Hello, IPAddress.Loopback)!)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (ClockMember member in members[1..])
            Assert.Null(register.Leave(member));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        register.Finish(members[0], Done);
        Assert.Single(register.RosterOf(members[0])!);
    }

    [Fact]
    public void Memory_for_a_results_page_is_linear_in_its_entries()
    {
        var register = new ClockRegister(_time);
        ClockMember[] members = [.. Enumerable.Range(0, 5000).Select(_ => register.Join(Hello, IPAddress.Loopback)!)];
        foreach (ClockMember member in members)
            register.Finish(member, Done);
        ResultsPage[] pages =
        [
            .. Enumerable.Range(1, 4999)
                .Select(i => new ResultsPage(0, 4999, i - 1, [new((uint)i, DeliveryOutcome.Refused)])),
        ];
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (ResultsPage page in pages)
            register.Report(members[0], page);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, pages.Length * 200L);
        Assert.Equal(0, members[0].Delivered);
    }

    [Fact]
    public void Pair_tokens_are_unique_and_known_to_both_members()
    {
        ClockMember[] members = MakeFrozen(3);
        RosterPage first = members[0].PageFrom(0), second = members[1].PageFrom(0);
        Assert.Equal(PairToken.Of(members[1].Key, caller: 0), first.Entries[1].Pair);
        Assert.Equal(PairToken.Of(members[2].Key, caller: 1), second.Entries[2].Pair);
        Assert.All((PairToken[])[first.Entries[0].Pair, second.Entries[0].Pair, second.Entries[1].Pair],
            pair => Assert.Equal(default, pair));
        ClockToken[] tokens =
        [
            first.Key, second.Key, first.Entries[1].Pair.Call, first.Entries[1].Pair.Answer,
            first.Entries[2].Pair.Call, second.Entries[2].Pair.Call,
        ];
        Assert.Equal(tokens.Length, tokens.Distinct().Count());
    }

    [Fact]
    public void A_client_without_a_listening_port_is_not_on_the_roster()
    {
        ClockMember silent = _register.Join(Hello with { PeerPort = 0 }, IPAddress.Loopback)!;
        ClockMember other = Join();
        Finish(silent);
        Finish(other);
        Assert.Equal([other.Id], _register.RosterOf(silent)!.Select(entry => entry.ClientId));
    }

    [Fact]
    public void A_session_is_summarized_when_all_members_have_reported()
    {
        ClockMember[] members = MakeFrozen(3);
        Assert.Null(Report(members[0], 2));
        Assert.Null(Report(members[1], 2));
        SessionSummary summary = Report(members[2], 2)!;
        Assert.Equal("6 of 6 files delivered\n", summary.ToText());
        Assert.All(members, member => Assert.Null(_register.Leave(member)));
    }

    [Fact]
    public void Missing_deliveries_are_listed_with_reasons_including_silent_departures()
    {
        ClockMember[] members = MakeFrozen(3);
        Assert.Null(Report(members[0], 1, new FailedDelivery(2, DeliveryOutcome.Unreachable)));
        Assert.Null(_register.Leave(members[2]));
        SessionSummary summary = Report(members[1], 2)!;
        Assert.Equal((3, 6, 3), (summary.Clients, summary.Expected, summary.Delivered));
        Assert.Equal(
            """
            3 of 6 files delivered
              missing: client 2 to client 0: the peer could not be reached
              missing: client 0 to client 2: the client departed without saying
              missing: client 1 to client 2: the client departed without saying

            """.ReplaceLineEndings("\n"),
            summary.ToText());
    }

    [Fact]
    public void Results_may_come_in_pages()
    {
        ClockMember[] members = MakeFrozen(4);
        FailedDelivery one = new(1, DeliveryOutcome.TimedOut), two = new(2, DeliveryOutcome.WrongHash);
        _register.Report(members[0], new ResultsPage(1, 2, 0, [one]));
        Assert.Null(members[0].Delivered);
        _register.Report(members[0], new ResultsPage(1, 2, 1, [two]));
        Assert.Equal(1, members[0].Delivered);
    }

    [Fact]
    public void Impossible_results_are_rejected_with_the_broken_rule()
    {
        ClockMember[] members = MakeFrozen(3);
        FailedDelivery two = new(2, DeliveryOutcome.Refused), self = new(0, DeliveryOutcome.Refused);
        (ResultsPage Page, string Rule)[] lies =
        [
            (new(3, 0, 0, []), "results speak of all 2 others, not of 3"),
            (new(1, 1, 1, []), "pages come in order: 0 is next, not 1"),
            (new(1, 1, 0, [self]), "0 is not on the roster, or is the client itself"),
            (new(1, 1, 0, [new FailedDelivery(9, DeliveryOutcome.Refused)]),
                "9 is not on the roster, or is the client itself"),
        ];
        foreach ((ResultsPage page, string rule) in lies)
        {
            Assert.Equal(rule, BrokenRule.Of(() => _register.Report(members[0], page)));
        }

        Assert.Equal(
            "the failures of results ascend, but 2 follows 2",
            BrokenRule.Of(() => _register.Report(members[1], new ResultsPage(0, 2, 0, [two, two]))));
        Assert.Null(Report(members[0], 2));
        Assert.Equal(
            "results are reported once", BrokenRule.Of(() => _register.Report(members[0], new ResultsPage(2, 0, 0, []))));
        Assert.Equal("a client is done once", BrokenRule.Of(() => _register.Finish(members[0], Done)));
        Assert.Equal(
            "results come from those on the roster, after it",
            BrokenRule.Of(() => _register.Report(Join(), new ResultsPage(0, 0, 0, []))));
    }

    [Fact]
    public void A_session_whose_clients_all_left_early_has_no_summary()
    {
        ClockMember first = Join(), second = Join();
        Assert.Null(_register.Leave(first));
        Assert.Null(_register.Leave(second));
        Assert.NotSame(first.Session, Join().Session);
    }

    [Fact]
    public void A_single_member_session_delivers_0_of_0_files()
    {
        ClockMember alone = MakeFrozen(1)[0];
        Assert.Equal("0 of 0 files delivered\n", Report(alone, 0)!.ToText());
    }

    private ClockMember Join() => Join(Hello);

    private ClockMember Join(Hello hello) => _register.Join(hello, IPAddress.Loopback)!;

    private void Finish(ClockMember member) => _register.Finish(member, Done);

    private ClockMember[] MakeFrozen(int count)
    {
        ClockMember[] members = [.. Enumerable.Range(0, count).Select(_ => Join())];
        foreach (ClockMember member in members)
            Finish(member);
        return members;
    }

    private SessionSummary? Report(ClockMember member, int delivered, params FailedDelivery[] failures) =>
        _register.Report(member, new ResultsPage(delivered, failures.Length, 0, failures));
}
