namespace Hawser.Services.Clock.Wire;

/// <summary>A client's registration.</summary>
/// <param name="Abilities">The client's abilities.</param>
/// <param name="PeerPort"> The port on which it listens for peers, at the address it connects from; 0 if it takes no
/// part in the swap.</param>
/// <param name="IntervalNs">The time between its ticks.</param>
/// <param name="DurationNs">The announced duration of its recording, at least one interval.</param>
/// <param name="Session">The key of its session.</param>
internal readonly record struct Hello(
    ClockAbilities Abilities, ushort PeerPort, long IntervalNs, long DurationNs, SessionKey Session = default);

/// <summary>Optional abilities of an end; unknown bits are refused.</summary>
[Flags]
internal enum ClockAbilities : byte
{
    None = 0,

    /// <summary>Brotli (RFC 7932) for recordings.</summary>
    Brotli = 1,
}
