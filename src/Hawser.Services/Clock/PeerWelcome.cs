namespace Hawser.Services.Clock;

/// <summary>How the peer that was connected to answers, proving that it is who was meant.</summary>
/// <param name="Abilities">What it can do.</param>
/// <param name="ClientId">Its id.</param>
/// <param name="Token">The second half of the pair's token.</param>
internal readonly record struct PeerWelcome(ClockAbilities Abilities, uint ClientId, ClockToken Token);
