using System.Net;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>A client as its server knows it. Only the <see cref="ClockRegister"/> changes it.</summary>
internal sealed class ClockMember(uint id, Hello hello, IPAddress address, ClockSession session)
{
    public uint Id { get; } = id;

    public Hello Hello { get; } = hello;

    /// <summary>Where it came from, and so where peers find it.</summary>
    public IPAddress Address { get; } = address;

    public ClockSession Session { get; } = session;

    /// <summary>What it shares with the server alone; from it follow the tokens of those who call it.</summary>
    public ClockToken Key { get; } = ClockToken.Create();

    /// <summary>Its place on the roster; -1: it is not on it, or there is none yet.</summary>
    public int Place { get; set; } = -1;

    /// <summary>What it said of its recording; null while it records.</summary>
    public RecordingDone? Done { get; set; }

    /// <summary>Whether it has gone, or has nothing more to say.</summary>
    public bool HasLeft { get; set; }

    /// <summary>How many recordings it said it has; null until it has said so.</summary>
    public int? Delivered { get; set; }

    /// <summary>How many it said it lacks.</summary>
    public int Failed { get; set; }

    /// <summary>The last of those it named; they come in the order of their ids.</summary>
    public long LastFailed { get; set; } = -1;

    /// <summary>The first <see cref="ClockLimits.ListedFailures"/> of them.</summary>
    public List<FailedDelivery> Failures { get; } = [];

    /// <summary>Its entry on the roster, once it is done.</summary>
    public RosterEntry ToEntry() =>
        new(Id, new IPEndPoint(Address, Hello.PeerPort), Hello.Abilities, Done!.Value.Recording);

    /// <summary>The page of the frozen roster that begins at a place, with the tokens of those it calls.</summary>
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

        return new RosterPage(Key, roster.Count, first, entries);
    }
}
