namespace Hawser.Services.Clock;

/// <summary>How the server takes a client in.</summary>
/// <param name="Abilities">What the server can do.</param>
/// <param name="ClientId">The id it gives out, counted from 0.</param>
/// <param name="LeaseMs">A client that says nothing for so long, in milliseconds, counts as departed.</param>
internal readonly record struct Welcome(ClockAbilities Abilities, uint ClientId, uint LeaseMs);
