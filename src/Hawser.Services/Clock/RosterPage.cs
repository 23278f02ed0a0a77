namespace Hawser.Services.Clock;

/// <summary>One frame of the roster.</summary>
/// <param name="Key">The key of the member that it is sent to.</param>
/// <param name="Total">How many entries the whole roster has.</param>
/// <param name="First">The place of this page's first entry.</param>
/// <param name="Entries">Its entries.</param>
internal sealed record RosterPage(ClockToken Key, int Total, int First, IReadOnlyList<RosterEntry> Entries)
{
    /// <summary>The page that begins at a place, as a member of a frozen session gets it.</summary>
    public static RosterPage For(ClockMember member, int first)
    {
        ClockSession session = member.Session;
        IReadOnlyList<RosterEntry> roster = session.Roster!;
        var entries = new RosterEntry[Math.Min(ClockLimits.RosterPageEntries, roster.Count - first)];
        for (int i = 0; i < entries.Length; i++)
        {
            int place = first + i;
            entries[i] = place <= member.Place
                ? roster[place]
                : roster[place] with { Pair = PairToken.Of(session.Players[place].Key, member.Id) };
        }

        return new RosterPage(member.Key, roster.Count, first, entries);
    }
}
