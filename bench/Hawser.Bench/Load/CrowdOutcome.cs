namespace Hawser.Bench.Load;

/// <summary>What became of a client of a <see cref="Crowd"/>.</summary>
internal enum CrowdOutcome
{
    /// <summary>It got its pong, or the orderly end of its message.</summary>
    Answered,

    /// <summary>It was connected and had neither when the time was up.</summary>
    Waited,

    /// <summary>It was not connected when the time was up.</summary>
    Unconnected,

    /// <summary>It was connected, and reset, or closed without a pong.</summary>
    Closed,

    /// <summary>It was told that nobody listens.</summary>
    Refused,
}
