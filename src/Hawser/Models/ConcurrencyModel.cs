namespace Hawser.Models;

/// <summary>An entry of the list of models.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Summary">When it takes the next connection, in a few words.</param>
/// <param name="Make">Makes an instance, for one server.</param>
public sealed record ConcurrencyModel(string Name, string Summary, Func<ModelOptions, IConcurrencyModel> Make)
{
    /// <summary>Further names, from the exercises.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Connections are served at once, not one after the other.</summary>
    public bool IsConcurrent { get; init; } = true;

    /// <summary>Each connection keeps to one thread.</summary>
    public bool KeepsThread { get; init; } = true;

    /// <summary>A connection has a thread while it is served, and its calls block it.</summary>
    public bool BlocksItsThread { get; init; }

    /// <summary>Runs here: <c>epoll</c> is Linux's own.</summary>
    public bool IsAvailable { get; init; } = true;

    /// <summary>Makes an instance, for one server.</summary>
    /// <exception cref="PlatformNotSupportedException">The platform lacks it.</exception>
    public IConcurrencyModel Create(ModelOptions? options = null) =>
        IsAvailable
            ? Make(options ?? new ModelOptions())
            : throw new PlatformNotSupportedException($"the model {Name} needs Linux; use select or async here");
}
