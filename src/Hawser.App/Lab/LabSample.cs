namespace Hawser.App.Lab;

/// <summary>How far a measurement was when the server was looked at.</summary>
/// <param name="Moment">Time, from any beginning.</param>
/// <param name="RoundTrips">Round trips measured by then.</param>
/// <param name="Process">What the server had spent by then.</param>
internal sealed record LabSample(TimeSpan Moment, long RoundTrips, ProcessSample Process);
