namespace Hawser.Services.Clock;

/// <summary>How fast the offset grows, in millionths (one is 86 ms a day).</summary>
/// <param name="PartsPerMillion">The Theil-Sen slope.</param>
/// <param name="Lowest">Lower end of its 95 % interval.</param>
/// <param name="Highest">Upper end of its 95 % interval.</param>
public readonly record struct DriftEstimate(double PartsPerMillion, double Lowest, double Highest);
