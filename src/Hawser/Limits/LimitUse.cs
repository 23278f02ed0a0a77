namespace Hawser.Limits;

/// <summary>How much of one limit of a server is in use.</summary>
/// <param name="Name">The property of <see cref="ServerLimits"/>.</param>
/// <param name="Limit">Its value; a timeout in seconds, no limit as <see cref="double.PositiveInfinity"/>, a list as
/// the number of its networks.</param>
/// <param name="Current">In use now; for a limit per connection or address, by the one that uses most. Null where
/// nothing is measured.</param>
/// <param name="Maximum">The most in use since the start.</param>
/// <param name="Hits">How many connections it has refused or ended.</param>
public readonly record struct LimitUse(string Name, double Limit, double? Current, double? Maximum, long Hits);
