namespace Hawser.Services.Clock;

/// <summary>One frame of the roster.</summary>
/// <param name="Token">The session's token.</param>
/// <param name="Total">How many entries the whole roster has.</param>
/// <param name="First">The place of this page's first entry.</param>
/// <param name="Entries">Its entries.</param>
internal sealed record RosterPage(SessionToken Token, int Total, int First, IReadOnlyList<RosterEntry> Entries)
{
    /// <summary>A roster cut into pages, in order.</summary>
    public static IEnumerable<RosterPage> Of(SessionToken token, IReadOnlyList<RosterEntry> roster)
    {
        for (int first = 0; first < roster.Count; first += ClockLimits.RosterPageEntries)
        {
            RosterEntry[] entries = [.. roster.Skip(first).Take(ClockLimits.RosterPageEntries)];
            yield return new RosterPage(token, roster.Count, first, entries);
        }
    }
}
