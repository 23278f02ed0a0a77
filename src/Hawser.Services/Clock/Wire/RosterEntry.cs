using System.Net;

namespace Hawser.Services.Clock.Wire;

/// <summary>One client on the frozen list.</summary>
/// <param name="ClientId">Its id; entries ascend by it.</param>
/// <param name="Address">Where it listens for peers.</param>
/// <param name="Abilities">What it can do.</param>
/// <param name="Recording">Size and hash of its recording.</param>
internal sealed record RosterEntry(
    uint ClientId, IPEndPoint Address, ClockAbilities Abilities, RecordingDigest Recording)
{
    /// <summary>What the client that the roster is sent to proves itself with when it calls this one; zero for those
    /// who call it.</summary>
    public PairToken Pair { get; init; }

    /// <summary>The place of a client on a roster, or -1.</summary>
    public static int PlaceIn(IReadOnlyList<RosterEntry> roster, uint clientId)
    {
        int low = 0;
        for (int high = roster.Count - 1; low <= high;)
        {
            int middle = (low + high) / 2;
            if (roster[middle].ClientId == clientId)
                return middle;
            (low, high) = roster[middle].ClientId < clientId ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }
}

/// <summary>One frame of the roster.</summary>
/// <param name="Key">The key of the member that it is sent to.</param>
/// <param name="Total">How many entries the whole roster has.</param>
/// <param name="First">The place of this page's first entry.</param>
/// <param name="Entries">Its entries.</param>
internal sealed record RosterPage(ClockToken Key, int Total, int First, IReadOnlyList<RosterEntry> Entries);
