namespace Hawser.Services.Ping;

/// <summary>The artificial work and pauses of a ping handler.</summary>
public sealed record PingHandlerOptions
{
    /// <summary>By client number, how long each answer blocks the handler's thread.</summary>
    public IReadOnlyDictionary<long, TimeSpan> SlowClients { get; init; } = new Dictionary<long, TimeSpan>();

    /// <summary>The CPU time that each answer burns.</summary>
    public TimeSpan Work { get; init; }

    /// <summary>Whether to log every ping.</summary>
    public bool Verbose { get; init; }
}
