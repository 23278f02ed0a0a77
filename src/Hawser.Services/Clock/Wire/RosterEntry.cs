using System.Net;

namespace Hawser.Services.Clock.Wire;

/// <summary>One client on the roster.</summary>
/// <param name="ClientId">Its id; entries are in ascending order.</param>
/// <param name="Address">The address on which it listens for peers.</param>
/// <param name="Abilities">Its abilities.</param>
/// <param name="Recording">Size and hash of its recording.</param>
internal sealed record RosterEntry(
    uint ClientId, IPEndPoint Address, ClockAbilities Abilities, RecordingDigest Recording)
{
    /// <summary>The token with which the receiver of the roster calls this client; zero for clients that call the
    /// receiver.</summary>
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

/// <summary>One page of the roster.</summary>
/// <param name="Key">The key of the receiving member.</param>
/// <param name="Total">The number of entries in the whole roster.</param>
/// <param name="First">The place of this page's first entry.</param>
/// <param name="Entries">Its entries.</param>
/// <param name="Departed">Members that left the session before the roster, so that their recordings are missing; at
/// most <see cref="MostDeparted"/>.</param>
internal sealed record RosterPage(
    ClockToken Key, int Total, int First, IReadOnlyList<RosterEntry> Entries, int Departed = 0)
{
    /// <summary>The largest number that a page can have.</summary>
    public const int MostDeparted = ushort.MaxValue;
}
