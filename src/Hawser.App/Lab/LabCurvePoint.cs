namespace Hawser.App.Lab;

/// <summary>A percentile of the latencies.</summary>
internal sealed record LabCurvePoint(double Percent, long Ns);
