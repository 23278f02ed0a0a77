namespace Hawser.Services.Clock;

/// <summary>How one end leaves.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Rule">The rule that the other end broke, in printable ASCII; empty for other reasons.</param>
internal readonly record struct Goodbye(GoodbyeReason Reason, string Rule = "");
