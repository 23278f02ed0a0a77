namespace Hawser.Services.Ping.Load;

/// <summary>One thread of a load, with its share of the clients.</summary>
internal interface ILoadLoop : IAsyncDisposable
{
    /// <summary>Runs its clients. Completes when all of them have ended.</summary>
    Task RunAsync();

    /// <summary>Adds the figures so far.</summary>
    Task AddToAsync(PingTally total);

    /// <summary>Ends clients that still wait for a pong.</summary>
    Task AbortAsync();
}
