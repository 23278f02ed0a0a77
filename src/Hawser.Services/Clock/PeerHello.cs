namespace Hawser.Services.Clock;

/// <summary>How the client that connects makes itself known to a peer.</summary>
/// <param name="Abilities">What it can do.</param>
/// <param name="Token">The session's token.</param>
/// <param name="From">Its id.</param>
/// <param name="To">The id of whom it means to meet.</param>
internal readonly record struct PeerHello(ClockAbilities Abilities, SessionToken Token, uint From, uint To);
