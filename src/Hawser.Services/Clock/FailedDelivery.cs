namespace Hawser.Services.Clock;

/// <summary>A recording that a client did not get.</summary>
/// <param name="From">Whose it is.</param>
/// <param name="Outcome">Why not.</param>
internal readonly record struct FailedDelivery(uint From, DeliveryOutcome Outcome);
