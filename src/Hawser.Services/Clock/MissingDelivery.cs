namespace Hawser.Services.Clock;

/// <summary>A recording that did not arrive.</summary>
/// <param name="From">Whose it is.</param>
/// <param name="To">Who lacks it.</param>
/// <param name="Outcome">Why.</param>
internal readonly record struct MissingDelivery(uint From, uint To, DeliveryOutcome Outcome);
