namespace Hawser.Services.Clock.Wire;

/// <summary>One frame of a client's results.</summary>
/// <param name="Delivered">The number of recordings received.</param>
/// <param name="Failed">The number of recordings missing.</param>
/// <param name="First">The place of this page's first failure.</param>
/// <param name="Failures">This page's failures.</param>
internal sealed record ResultsPage(int Delivered, int Failed, int First, IReadOnlyList<FailedDelivery> Failures);
