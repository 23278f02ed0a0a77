using System.Net;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>The server's state of one client. Only <see cref="ClockRegister"/> changes it.</summary>
internal sealed class ClockMember(uint id, Hello hello, IPAddress address, ClockSession session)
{
    public uint Id { get; } = id;

    public Hello Hello { get; } = hello;

    /// <summary>The address it connects from; peers connect to this address.</summary>
    public IPAddress Address { get; } = address;

    public ClockSession Session { get; } = session;

    /// <summary>The secret it shares with the server; the tokens of its callers derive from it.</summary>
    public ClockToken Key { get; } = ClockToken.Create();

    /// <summary>Its place on the roster; -1 if it is not on the roster, or before there is one.</summary>
    public int Place { get; set; } = -1;

    /// <summary>Its Done frame; null while it records.</summary>
    public RecordingDone? Done { get; set; }

    /// <summary>Whether its connection has ended.</summary>
    public bool HasLeft { get; set; }

    /// <summary>The recordings it reported as received; null before its last page of Results.</summary>
    public int? Delivered { get; set; }

    /// <summary>The recordings it has reported as failed so far.</summary>
    public int Failed { get; set; }

    /// <summary>The id of the last failure; ids ascend.</summary>
    public long LastFailed { get; set; } = -1;

    /// <summary>The first <see cref="ClockLimits.ListedFailures"/> failures.</summary>
    public List<FailedDelivery> Failures { get; } = [];

    /// <summary>Its entry on the roster, once it is done.</summary>
    public RosterEntry ToEntry() =>
        new(Id, new IPEndPoint(Address, Hello.PeerPort), Hello.Abilities, Done!.Value.Recording);

    /// <summary>The page of the frozen roster that begins at a place, with the tokens of the peers it calls.</summary>
    public RosterPage PageFrom(int first)
    {
        IReadOnlyList<RosterEntry> roster = Session.Roster!;
        var entries = new RosterEntry[Math.Min(ClockLimits.RosterPageEntries, roster.Count - first)];
        for (int i = 0; i < entries.Length; i++)
        {
            int place = first + i;
            entries[i] = place <= Place
                ? roster[place]
                : roster[place] with { Pair = PairToken.Of(Session.Players[place].Key, Id) };
        }

        return new RosterPage(
            Key, roster.Count, first, entries, Math.Min(Session.Departed, RosterPage.MostDeparted));
    }
}
