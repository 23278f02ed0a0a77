namespace Hawser.Services.Clock;

/// <summary>Clients that record at the same time and then swap what they have. Only the register changes it.</summary>
internal sealed class ClockSession
{
    public SessionToken Token { get; } = SessionToken.Create();

    /// <summary>Those who are there; once the roster is frozen, also those who have left since.</summary>
    public List<ClockMember> Members { get; } = [];

    /// <summary>Whether it takes no more clients: one of its own is done, so that its end is in sight.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The frozen list, by id; null while anybody records.</summary>
    public IReadOnlyList<RosterEntry>? Roster { get; set; }

    /// <summary>Whether its summary has been made.</summary>
    public bool IsOver { get; set; }
}
