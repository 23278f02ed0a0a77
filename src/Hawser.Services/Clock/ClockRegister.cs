using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Hawser.Services.Clock;

/// <summary>
/// What a clock server knows of its clients, shared by all its connections: who is there, who is done, who heard from
/// whom. Safe from several threads. It never waits and never calls back: a waiting client asks again with Alive, so
/// that it serves blocking and event-driven connections alike.
/// </summary>
/// <remarks>
/// Sessions follow each other. One takes clients until the first of them is done; its roster is frozen when nobody
/// records any more, which the clients' durations and leases bound. Leases are kept by the connections, as deadlines of
/// their reads, which end in <see cref="Leave"/>.
/// </remarks>
internal sealed class ClockRegister(int mostClients = ClockLimits.Clients)
{
    private readonly Lock _gate = new();
    private ClockSession _open = new();
    private uint _nextId;

    /// <summary>Takes a client in, with the next id; null: the session is full, or all ids are given out.</summary>
    public ClockMember? Join(Hello hello, IPAddress address)
    {
        lock (_gate)
        {
            if (_open.IsClosed)
                _open = new ClockSession();
            if (_open.Members.Count >= mostClients || _nextId > ClockLimits.HighestClientId)
                return null;
            var member = new ClockMember(_nextId++, hello, address, _open);
            _open.Members.Add(member);
            return member;
        }
    }

    /// <summary>The client's recording is over. False: it said so before.</summary>
    public bool TryFinish(ClockMember member, RecordingDone done, [NotNullWhen(false)] out string? broken)
    {
        lock (_gate)
        {
            broken = member.Done is null ? null : "a client is done once";
            if (broken is not null)
                return false;
            member.Done = done;
            member.Session.IsClosed = true;
            FreezeIfAllAreDone(member.Session);
            return true;
        }
    }

    /// <summary>The session's roster, the same for all; null while any of its clients records.</summary>
    public IReadOnlyList<RosterEntry>? RosterOf(ClockMember member)
    {
        lock (_gate)
            return member.Session.Roster;
    }

    /// <summary>
    /// Takes a page of a client's results; pages come in order. False: a rule was broken. The summary is not null for
    /// the one call that completes the session.
    /// </summary>
    public bool TryReport(
        ClockMember member, ResultsPage page, out SessionSummary? summary, [NotNullWhen(false)] out string? broken)
    {
        summary = null;
        lock (_gate)
        {
            broken = BrokenRule(member, page);
            if (broken is not null)
                return false;
            member.Failures.AddRange(page.Failures);
            if (member.Failures.Count == page.Failed)
            {
                member.Delivered = page.Delivered;
                summary = SummaryIfOver(member.Session);
            }

            return true;
        }
    }

    /// <summary>
    /// The client is gone, on purpose or not; to be called whenever its connection ends. The summary is not null for
    /// the one call that completes the session.
    /// </summary>
    public SessionSummary? Leave(ClockMember member)
    {
        lock (_gate)
        {
            if (member.HasLeft)
                return null;
            member.HasLeft = true;

            // Who leaves before the list is frozen is forgotten, so that clients that come and go do not pile up.
            if (member.Session.Roster is null)
                member.Session.Members.Remove(member);
            FreezeIfAllAreDone(member.Session);
            return SummaryIfOver(member.Session);
        }
    }

    private static void FreezeIfAllAreDone(ClockSession session)
    {
        if (session.Roster is not null || session.Members.Any(member => member.Done is null))
            return;

        session.IsClosed = true;
        session.Roster =
        [
            .. session.Members
                .Where(member => member.Hello.PeerPort != 0)
                .Select(member => new RosterEntry(
                    member.Id,
                    new IPEndPoint(member.Address, member.Hello.PeerPort),
                    member.Hello.Abilities,
                    member.Done!.Value.Recording)),
        ];
    }

    private static string? BrokenRule(ClockMember member, ResultsPage page)
    {
        if (member.Session.Roster is not { } roster || !roster.Any(entry => entry.ClientId == member.Id))
            return "results come from those on the roster, after it";
        if (member.Delivered is not null)
            return "results are told once";
        if (page.First != member.Failures.Count)
            return $"pages come in order: {member.Failures.Count} is next, not {page.First}";
        if (page.Delivered + page.Failed != roster.Count - 1)
            return $"results speak of all {roster.Count - 1} others, not of {page.Delivered + page.Failed}";
        var others = roster.Select(entry => entry.ClientId).ToHashSet();
        others.Remove(member.Id);
        others.ExceptWith(member.Failures.Select(failure => failure.From));
        foreach (FailedDelivery failure in page.Failures)
        {
            if (!others.Remove(failure.From))
                return $"{failure.From} is not on the roster or was named before";
        }

        return null;
    }

    private static SessionSummary? SummaryIfOver(ClockSession session)
    {
        if (session.IsOver || session.Roster is not { Count: > 0 } roster)
            return null;
        var ids = roster.Select(entry => entry.ClientId).ToHashSet();
        ClockMember[] players = [.. session.Members.Where(member => ids.Contains(member.Id))];
        if (players.Any(player => player.Delivered is null && !player.HasLeft))
            return null;
        session.IsOver = true;
        var missing = new List<MissingDelivery>();
        foreach (ClockMember player in players)
        {
            // One that left without a word may have all or nothing; what is not known to be delivered is missing.
            missing.AddRange(player.Delivered is not null
                ? player.Failures.Select(failure => new MissingDelivery(failure.From, player.Id, failure.Outcome))
                : ids.Where(id => id != player.Id).Order()
                    .Select(id => new MissingDelivery(id, player.Id, DeliveryOutcome.Departed)));
        }

        return new SessionSummary(players.Length, missing);
    }
}
