namespace Hawser.Bench.Growth;

/// <summary>More clients than a server can serve, and their outcomes. Each sends one ping and stays.</summary>
internal sealed record LimitTrial
{
    public required string Model { get; init; }

    /// <summary>The limited resource.</summary>
    public required string Limit { get; init; }

    /// <summary>Command line of the server.</summary>
    public string Command { get; init; } = "";

    public required int Clients { get; init; }

    /// <summary>The reason if the trial itself failed; otherwise null.</summary>
    public string? Error { get; init; }

    /// <summary>Clients that received their pong in time.</summary>
    public int Answered { get; init; }

    /// <summary>Clients connected, but without a pong at the timeout.</summary>
    public int Waited { get; init; }

    /// <summary>Clients not connected at the timeout: neither accepted nor refused.</summary>
    public int Unconnected { get; init; }

    /// <summary>Clients closed or reset without a pong.</summary>
    public int Closed { get; init; }

    /// <summary>Clients whose connection was refused.</summary>
    public int Refused { get; init; }

    /// <summary>The server answered a new client after all others had left.</summary>
    public bool ServesAfterwards { get; init; }

    /// <summary>Lines of the server on standard error.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];
}
