namespace Hawser.Services.Clock.Wire;

/// <summary>How the server takes a client in.</summary>
/// <param name="Abilities">What the server can do.</param>
/// <param name="ClientId">The id it gives out, counted from 0.</param>
/// <param name="LeaseMs">A client that says nothing for so long, in milliseconds, counts as departed.</param>
internal readonly record struct Welcome(ClockAbilities Abilities, uint ClientId, uint LeaseMs);

/// <summary>Why a server or a peer does not take one in.</summary>
internal enum RefusalReason : byte
{
    Full = 1,
    Stopping = 2,
    IntervalNotServed = 3,
    NoSuchRecording = 4,
    Busy = 5,

    /// <summary>The server serves another session only.</summary>
    OtherSession = 6,
}
