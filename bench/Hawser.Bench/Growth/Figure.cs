namespace Hawser.Bench.Growth;

/// <summary>One figure over all rounds.</summary>
internal sealed record Figure(double Median, double Min, double Max);
