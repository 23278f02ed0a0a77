namespace Hawser.Models;

/// <summary>Settings of models; a model ignores those of others.</summary>
public sealed record ModelOptions
{
    /// <summary>Threads of <c>pool</c>. Default 8.</summary>
    public int Threads { get; init; } = 8;

    /// <summary>Loops of <c>epoll</c>. Default one per core.</summary>
    public int Loops { get; init; } = Environment.ProcessorCount;

    /// <summary>Connections that the kernel holds until they are accepted.</summary>
    internal int Backlog { get; init; } = int.MaxValue;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Loops, 1);
    }
}
