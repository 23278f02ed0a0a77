namespace Hawser.Bench.Growth;

/// <summary>One figure over the rounds.</summary>
internal sealed record Figure(double Median, double Min, double Max);
