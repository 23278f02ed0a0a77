namespace Hawser.App.Lab;

/// <summary>How far a measurement was when the server was looked at.</summary>
/// <param name="Moment">Time of the look, from any beginning.</param>
/// <param name="Measured">How far the load was when it reported that, by its own clock.</param>
/// <param name="RoundTrips">Round trips measured by then.</param>
/// <param name="Process">What the server had spent by then.</param>
internal sealed record LabSample(TimeSpan Moment, TimeSpan Measured, long RoundTrips, ProcessSample Process);
