namespace Hawser.Attacks;

/// <summary>How a server took SIGTERM.</summary>
/// <param name="Time">Until it had ended, or until it was killed.</param>
/// <param name="ExitCode">Null if it had to be killed.</param>
internal sealed record StopResult(TimeSpan Time, int? ExitCode);
