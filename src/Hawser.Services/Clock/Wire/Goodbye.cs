namespace Hawser.Services.Clock.Wire;

/// <summary>The last frame of an end.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Rule">The rule that the other end broke, in printable ASCII; empty for other reasons.</param>
internal readonly record struct Goodbye(GoodbyeReason Reason, string Rule = "");

/// <summary>The reason of a Goodbye.</summary>
internal enum GoodbyeReason : byte
{
    /// <summary>The conversation is complete.</summary>
    Complete = 0,

    /// <summary>The client leaves early; its recording on the server ends cleanly.</summary>
    Leaving = 1,

    /// <summary>The server is stopping.</summary>
    Stopping = 2,

    /// <summary>The other end broke a rule, which follows.</summary>
    BrokenRule = 3,
}
