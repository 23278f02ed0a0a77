using System.Net;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>The sessions of a server, shared by all its connections: their members, which of them have finished
/// recording, and which recordings they received. Thread-safe. No method waits or calls back: a waiting client polls
/// with Alive, which works under blocking and event-driven models alike.</summary>
/// <remarks>Several sessions of one key can coexist. The end of a session is fixed when its first client joins, and a
/// client joins the first session whose end suits it (<see cref="Suits"/>), so that no newcomer delays the others. The
/// roster is frozen when no member records; the clients' durations and leases bound that. <see cref="ClockLeases"/>
/// aborts a connection whose lease has expired; the connection then calls <see cref="Leave"/>. The cost of a call is at
/// most proportional to the session's members, and of a call that a client can repeat, to the bytes it sent.</remarks>
internal sealed class ClockRegister(TimeProvider time, int mostClients = ClockLimits.Clients)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, LinkedList<ClockSession>> _open = [];
    private uint _nextId;

    /// <summary>Adds a client with the next id. Null: its session is full, or all ids are assigned.</summary>
    public ClockMember? Join(Hello hello, IPAddress address)
    {
        long nowNs = ClockReading.MonotonicNow(time);
        lock (_gate)
        {
            if (_nextId > ClockLimits.HighestClientId)
                return null;
            ClockSession session = FindOrOpen(hello, nowNs);
            if (session.Members.Count >= mostClients)
                return null;
            var member = new ClockMember(_nextId++, hello, address, session);
            session.Members.Add(member.Id, member);
            session.Recording++;
            return member;
        }
    }

    /// <summary>Ends the client's recording.</summary>
    /// <exception cref="ProtocolException">The client sent Done before.</exception>
    public void Finish(ClockMember member, RecordingDone done)
    {
        lock (_gate)
        {
            ClockProtocol.Rule(member.Done is null ? null : "a client is done once");
            member.Done = done;
            StopRecording(member.Session);
        }
    }

    /// <summary>The session's roster, the same for all; null while any of its clients records.</summary>
    public IReadOnlyList<RosterEntry>? RosterOf(ClockMember member)
    {
        lock (_gate)
            return member.Session.Roster;
    }

    /// <summary>Takes a page of a client's results; pages arrive in order.</summary>
    /// <returns>The summary, for the one call that completes the session.</returns>
    /// <exception cref="ProtocolException">The page breaks a rule.</exception>
    public SessionSummary? Report(ClockMember member, ResultsPage page)
    {
        lock (_gate)
        {
            ClockProtocol.Rule(BrokenRule(member, page));
            foreach (FailedDelivery failure in page.Failures)
            {
                member.Failed++;
                if (member.Failures.Count < ClockLimits.ListedFailures)
                    member.Failures.Add(failure);
            }

            if (member.Failed != page.Failed)
                return null;
            member.Delivered = page.Delivered;
            return StopPlaying(member.Session);
        }
    }

    /// <summary>Call when the connection of a client ends, for any reason. Returns the summary from the one call that
    /// completes the session, otherwise null.</summary>
    public SessionSummary? Leave(ClockMember member)
    {
        lock (_gate)
        {
            if (member.HasLeft)
                return null;
            member.HasLeft = true;
            ClockSession session = member.Session;
            if (session.Roster is not null)
                return member.Place >= 0 && member.Delivered is null ? StopPlaying(session) : null;

            // A member that leaves before the roster is frozen is removed, so that short visits do not accumulate.
            session.Members.Remove(member.Id);
            session.Departed += member.Hello.PeerPort == 0 ? 0 : 1;
            if (member.Done is null)
                StopRecording(session);
            return null;
        }
    }

    private ClockSession FindOrOpen(Hello hello, long nowNs)
    {
        long stayNs = nowNs + ClockTiming.ToNanoseconds(ClockTiming.StayOf(hello));
        long patienceNs = ClockTiming.ToNanoseconds(ClockTiming.PatienceOf(hello.DurationNs));
        if (!_open.TryGetValue(hello.Session, out LinkedList<ClockSession>? sessions))
            _open.Add(hello.Session, sessions = []);
        foreach (ClockSession session in sessions)
        {
            bool isShortEnough = session.EndNs - session.BeginNs <= ClockTiming.LongestSessionNs(hello);
            if (isShortEnough && Suits(session, stayNs, patienceNs))
                return session;
        }

        var opened = new ClockSession(hello.Session, nowNs, stayNs + (patienceNs / 2));
        opened.Open = sessions.AddLast(opened);
        return opened;
    }

    // The others do not wait for this client beyond their end, and it does not wait longer than its patience.
    private static bool Suits(ClockSession session, long stayNs, long patienceNs) =>
        stayNs <= session.EndNs && session.EndNs <= stayNs + patienceNs;

    private void StopRecording(ClockSession session)
    {
        session.Recording--;
        if (session.Recording == 0)
            Freeze(session);
    }

    private void Freeze(ClockSession session)
    {
        LinkedList<ClockSession> sessions = _open[session.Key];
        sessions.Remove(session.Open!);
        session.Open = null;
        if (sessions.Count == 0)
            _open.Remove(session.Key);

        session.Players =
        [
            .. session.Members.Values.Where(member => member.Hello.PeerPort != 0).OrderBy(member => member.Id),
        ];
        session.Playing = session.Players.Count;
        for (int place = 0; place < session.Players.Count; place++)
            session.Players[place].Place = place;
        session.Roster = [.. session.Players.Select(player => player.ToEntry())];
        session.Members.Clear();
    }

    private static SessionSummary? StopPlaying(ClockSession session)
    {
        session.Playing--;
        return session.Playing == 0 ? Summary(session.Players) : null;
    }

    private static string? BrokenRule(ClockMember member, ResultsPage page)
    {
        if (member.Session.Roster is not { } roster || member.Place < 0)
            return "results come from those on the roster, after it";
        if (member.Delivered is not null)
            return "results are reported once";
        if (page.First != member.Failed)
            return $"pages come in order: {member.Failed} is next, not {page.First}";
        if (page.Delivered + page.Failed != roster.Count - 1)
            return $"results speak of all {roster.Count - 1} others, not of {page.Delivered + page.Failed}";
        foreach (FailedDelivery failure in page.Failures)
        {
            if (failure.From <= member.LastFailed)
                return $"the failures of results ascend, but {failure.From} follows {member.LastFailed}";
            if (failure.From == member.Id || RosterEntry.PlaceIn(roster, failure.From) < 0)
                return $"{failure.From} is not on the roster, or is the client itself";
            member.LastFailed = failure.From;
        }

        return null;
    }

    private static SessionSummary Summary(IReadOnlyList<ClockMember> players)
    {
        long delivered = 0;
        var missing = new List<MissingDelivery>();
        foreach (ClockMember player in players)
        {
            delivered += player.Delivered ?? 0;

            // A client that left without results may have received all or nothing: what is not confirmed counts as
            // missing.
            IEnumerable<MissingDelivery> its = player.Delivered is not null
                ? player.Failures.Select(failure => new MissingDelivery(failure.From, player.Id, failure.Outcome))
                : players.Where(other => other != player)
                    .Select(other => new MissingDelivery(other.Id, player.Id, DeliveryOutcome.Departed));
            missing.AddRange(its.Take(ClockLimits.ListedFailures - missing.Count));
        }

        return new SessionSummary(players.Count, delivered, missing);
    }
}
