namespace Hawser.App.Lab;

/// <summary>So many per cent of all latencies were not longer than this.</summary>
internal sealed record LabCurvePoint(double Percent, long Ns);
