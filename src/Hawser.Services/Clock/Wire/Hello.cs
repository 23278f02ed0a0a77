namespace Hawser.Services.Clock.Wire;

/// <summary>How a client registers.</summary>
/// <param name="Abilities">What it can do.</param>
/// <param name="PeerPort">
/// The port it listens on for peers, at the address it comes from; 0: it takes no part in that.
/// </param>
/// <param name="IntervalNs">The time between its ticks.</param>
/// <param name="DurationNs">How long it means to record; at least one interval.</param>
/// <param name="Session">Which sessions it belongs to.</param>
internal readonly record struct Hello(
    ClockAbilities Abilities, ushort PeerPort, long IntervalNs, long DurationNs, SessionKey Session = default);

/// <summary>What an end can do beyond the minimum; unknown bits are refused.</summary>
[Flags]
internal enum ClockAbilities : byte
{
    None = 0,

    /// <summary>It can pack and unpack a recording with Brotli (RFC 7932).</summary>
    Brotli = 1,
}
