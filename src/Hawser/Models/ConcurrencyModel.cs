namespace Hawser.Models;

/// <summary>An entry of the list of models.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Summary">How it serves, in a few words.</param>
/// <param name="Make">Creates an instance for one server.</param>
public sealed record ConcurrencyModel(string Name, string Summary, Func<ModelOptions, IConcurrencyModel> Make)
{
    /// <summary>Other names, used by the exercises.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Connections are served concurrently.</summary>
    public bool IsConcurrent { get; init; } = true;

    /// <summary>Each connection stays on one thread.</summary>
    public bool KeepsThread { get; init; } = true;

    /// <summary>A connection has a thread while it is served, and its calls block it.</summary>
    public bool BlocksItsThread { get; init; }

    /// <summary>A silent connection keeps others waiting, so timeouts should default to no more than this; null where
    /// it does not.</summary>
    public TimeSpan? LongestSilence { get; init; }

    /// <summary>The platform supports it.</summary>
    public bool IsAvailable { get; init; } = true;

    /// <summary>Creates an instance for one server.</summary>
    /// <exception cref="PlatformNotSupportedException">The platform does not support the model.</exception>
    public IConcurrencyModel Create(ModelOptions? options = null) =>
        IsAvailable
            ? Make(options ?? new ModelOptions())
            : throw new PlatformNotSupportedException($"model '{Name}' requires Linux; use select or async");
}
