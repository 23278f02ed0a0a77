using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>Clients that record at the same time and then swap what they have. Only the register changes it.</summary>
/// <param name="key">The key that its members named.</param>
/// <param name="beginNs">When the first member joined, on the server's monotonic clock.</param>
/// <param name="endNs">When the last member is done or cut off at the latest, on the same clock.</param>
internal sealed class ClockSession(SessionKey key, long beginNs, long endNs)
{
    public SessionKey Key { get; } = key;

    public long BeginNs { get; } = beginNs;

    public long EndNs { get; } = endNs;

    /// <summary>Its place among the sessions that take clients; null once the roster is frozen.</summary>
    public LinkedListNode<ClockSession>? Open { get; set; }

    /// <summary>The present members, by id, until the roster is frozen.</summary>
    public Dictionary<uint, ClockMember> Members { get; } = [];

    /// <summary>How many members record.</summary>
    public int Recording { get; set; }

    /// <summary>The members on the roster, in its order.</summary>
    public IReadOnlyList<ClockMember> Players { get; set; } = [];

    /// <summary>How many of them have neither reported all results nor left.</summary>
    public int Playing { get; set; }

    /// <summary>The frozen list, by id; null while a member records.</summary>
    public IReadOnlyList<RosterEntry>? Roster { get; set; }
}
