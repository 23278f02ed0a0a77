namespace Hawser.Services.Clock;

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
