namespace Hawser.Services.Ping;

/// <summary>What a ping handler does to itself between a ping and its pong.</summary>
public sealed record PingHandlerOptions
{
    /// <summary>How long each answer to a client of that number blocks the handler's thread.</summary>
    public IReadOnlyDictionary<long, TimeSpan> SlowClients { get; init; } = new Dictionary<long, TimeSpan>();

    /// <summary>How long each answer computes.</summary>
    public TimeSpan Work { get; init; }

    /// <summary>Log every ping.</summary>
    public bool Verbose { get; init; }
}
