using Hawser.App.Lab.Processes;

namespace Hawser.App.Lab;

/// <summary>A sample of the server during a measurement.</summary>
/// <param name="Moment">Monotonic time of the sample.</param>
/// <param name="Measured">Time measured so far, by the load's clock.</param>
/// <param name="RoundTrips">Round trips measured so far.</param>
/// <param name="Process">The server's resources.</param>
internal sealed record LabSample(TimeSpan Moment, TimeSpan Measured, long RoundTrips, ProcessSample Process);
