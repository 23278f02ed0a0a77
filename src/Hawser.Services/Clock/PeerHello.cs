namespace Hawser.Services.Clock;

/// <summary>How the client that connects makes itself known to a peer.</summary>
/// <param name="Abilities">What it can do.</param>
/// <param name="Token">The first half of the pair's token: who does not know it is not <paramref name="From"/>.</param>
/// <param name="From">Its id.</param>
/// <param name="To">The id of whom it means to meet.</param>
internal readonly record struct PeerHello(ClockAbilities Abilities, ClockToken Token, uint From, uint To);
