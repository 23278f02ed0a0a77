namespace Hawser.Bench.Growth;

/// <summary>What became of clients that were more than a server could serve. Each sends one ping and stays.</summary>
internal sealed record LimitTrial
{
    public required string Model { get; init; }

    /// <summary>What there was too little of.</summary>
    public required string Limit { get; init; }

    /// <summary>How the server was started.</summary>
    public string Command { get; init; } = "";

    public required int Clients { get; init; }

    /// <summary>How the trial itself failed; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>Got their pong in time.</summary>
    public int Answered { get; init; }

    /// <summary>Were connected and had no pong when the time was up.</summary>
    public int Waited { get; init; }

    /// <summary>Were not connected when the time was up: their connection was neither taken nor refused.</summary>
    public int Unconnected { get; init; }

    /// <summary>Were connected, and closed or reset without a pong.</summary>
    public int Closed { get; init; }

    /// <summary>Were told that nobody listens.</summary>
    public int Refused { get; init; }

    /// <summary>The server answered a new client after all these had left.</summary>
    public bool ServesAfterwards { get; init; }

    /// <summary>What the server said on its standard error.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];
}
