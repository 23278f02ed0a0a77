using System.Diagnostics.CodeAnalysis;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>One client's schedule in the tournament: the next peer, which side connects, and the peers to retry. The
/// tournament is played up to three times; the second and third time only by pairs that have not both
/// delivered.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class PeerAgenda
{
    /// <summary>The limit on attempts per pair.</summary>
    public const int MostTries = 3;

    private readonly IReadOnlyList<RosterEntry> _roster;
    private readonly int _me;
    private readonly DeliveryOutcome[] _received;
    private readonly bool[] _given;
    private int _round;

    /// <param name="roster">The session's roster.</param>
    /// <param name="me">This client's place in the roster.</param>
    public PeerAgenda(IReadOnlyList<RosterEntry> roster, int me)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(me);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(me, roster.Count);
        _roster = roster;
        _me = me;
        _received = [.. Enumerable.Repeat(DeliveryOutcome.Unreachable, roster.Count)];
        _given = new bool[roster.Count];
    }

    /// <summary>Recordings received.</summary>
    public int Delivered => _received.Where((outcome, i) => i != _me && outcome == DeliveryOutcome.Delivered).Count();

    /// <summary>The next peer, and whether this client connects. False: the tournament is over.</summary>
    public bool TryNext([NotNullWhen(true)] out RosterEntry? partner, out bool connects)
    {
        int rounds = Tournament.RoundsFor(_roster.Count) * MostTries;
        while (_round < rounds)
        {
            int place = Tournament.PartnerOf(_me, _round++, _roster.Count);
            if (place == Tournament.Nobody || IsSettled(place) || IsGivenUp(place))
                continue;
            partner = _roster[place];
            connects = _me < place;
            return true;
        }

        partner = null;
        connects = false;
        return false;
    }

    /// <summary>The peer that sent a greeting, in or out of turn: a pair may meet early. Null: it is not on the roster,
    /// has been met, or is not the side that connects.</summary>
    public RosterEntry? Expected(PeerHello hello)
    {
        int place = RosterEntry.PlaceIn(_roster, hello.From);
        return place >= 0 && place < _me && hello.To == _roster[_me].ClientId && !IsSettled(place)
            ? _roster[place]
            : null;
    }

    /// <summary>Records the outcome of a meeting in both directions; the peer's receipt tells that of this client's
    /// recording. A delivery is never undone.</summary>
    public void Note(RosterEntry partner, DeliveryOutcome received, bool isGiven)
    {
        int place = PlaceOf(partner);
        if (_received[place] != DeliveryOutcome.Delivered)
            _received[place] = received;
        _given[place] |= isGiven;
    }

    /// <summary>The results as pages for the server.</summary>
    public IEnumerable<ResultsPage> Results()
    {
        FailedDelivery[] failures =
        [
            .. Enumerable.Range(0, _roster.Count)
                .Where(place => place != _me && _received[place] != DeliveryOutcome.Delivered)
                .Select(place => new FailedDelivery(_roster[place].ClientId, _received[place])),
        ];
        int first = 0;
        do
        {
            FailedDelivery[] page = [.. failures.Skip(first).Take(ClockLimits.ResultsPageEntries)];
            yield return new ResultsPage(Delivered, failures.Length, first, page);
            first += page.Length;
        }
        while (first < failures.Length);
    }

    // This client does not call again a peer that used up the time of a meeting or has no recording. That peer may
    // still call.
    private bool IsGivenUp(int place) => _received[place] is DeliveryOutcome.TimedOut
        or DeliveryOutcome.NotARecording or DeliveryOutcome.TooLarge or DeliveryOutcome.NotDialled;

    private bool IsSettled(int place) => _received[place] == DeliveryOutcome.Delivered && _given[place];

    private int PlaceOf(RosterEntry partner)
    {
        int place = RosterEntry.PlaceIn(_roster, partner.ClientId);
        return place >= 0
            ? place
            : throw new ArgumentException($"client {partner.ClientId} is not on the roster", nameof(partner));
    }
}
