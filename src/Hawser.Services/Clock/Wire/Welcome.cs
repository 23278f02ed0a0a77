namespace Hawser.Services.Clock.Wire;

/// <summary>The server's answer to a Hello that it accepts.</summary>
/// <param name="Abilities">The server's abilities.</param>
/// <param name="ClientId">The id it assigns, from 0.</param>
/// <param name="LeaseMs">The lease in milliseconds: a client that is silent for longer counts as departed.</param>
internal readonly record struct Welcome(ClockAbilities Abilities, uint ClientId, uint LeaseMs);

/// <summary>Why a server or a peer refuses a client.</summary>
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
