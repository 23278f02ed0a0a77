namespace Hawser.Services.Clock.Wire;

/// <summary>How one end leaves.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Rule">The rule that the other end broke, in printable ASCII; empty for other reasons.</param>
internal readonly record struct Goodbye(GoodbyeReason Reason, string Rule = "");

/// <summary>Why one end leaves on purpose.</summary>
internal enum GoodbyeReason : byte
{
    /// <summary>All that was to be said has been said.</summary>
    Complete = 0,

    /// <summary>The client leaves early; its recording on the server ends cleanly.</summary>
    Leaving = 1,

    /// <summary>The server stops.</summary>
    Stopping = 2,

    /// <summary>The other end broke a rule, which follows.</summary>
    BrokenRule = 3,
}
