using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>Clients that record together and then swap recordings. Only the register changes it.</summary>
/// <param name="key">The key that its members named.</param>
/// <param name="beginNs">The time at which the first member joined, on the server's monotonic clock.</param>
/// <param name="endNs">The time by which every member is done or aborted, on the same clock.</param>
internal sealed class ClockSession(SessionKey key, long beginNs, long endNs)
{
    public SessionKey Key { get; } = key;

    public long BeginNs { get; } = beginNs;

    public long EndNs { get; } = endNs;

    /// <summary>Its place among the open sessions; null once the roster is frozen.</summary>
    public LinkedListNode<ClockSession>? Open { get; set; }

    /// <summary>The members present, by id, until the roster is frozen.</summary>
    public Dictionary<uint, ClockMember> Members { get; } = [];

    /// <summary>The members that still record.</summary>
    public int Recording { get; set; }

    /// <summary>The members that left before the roster was frozen, those without a peer port aside.</summary>
    public int Departed { get; set; }

    /// <summary>The members on the roster, in its order.</summary>
    public IReadOnlyList<ClockMember> Players { get; set; } = [];

    /// <summary>The members on the roster that have neither reported all results nor left.</summary>
    public int Playing { get; set; }

    /// <summary>The frozen roster, by id; null while a member records.</summary>
    public IReadOnlyList<RosterEntry>? Roster { get; set; }
}
