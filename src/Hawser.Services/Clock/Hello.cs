namespace Hawser.Services.Clock;

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
