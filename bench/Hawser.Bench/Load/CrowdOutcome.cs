namespace Hawser.Bench.Load;

/// <summary>The outcome of a client of a <see cref="Crowd"/>.</summary>
internal enum CrowdOutcome
{
    /// <summary>It received its pong, or the orderly end of its message.</summary>
    Answered,

    /// <summary>It was connected and timed out.</summary>
    Waited,

    /// <summary>It was not connected before the timeout.</summary>
    Unconnected,

    /// <summary>It was reset, or closed without a pong.</summary>
    Closed,

    /// <summary>Its connection was refused.</summary>
    Refused,
}
