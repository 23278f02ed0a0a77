using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Hawser;

/// <summary>The descriptors that the connections of this process may use, those of all its servers together. The
/// descriptors that a connection may need are taken before it is accepted: it cannot run out of them later.</summary>
internal sealed class DescriptorBudget
{
    // Connections do not get these: the runtime ends the process when it cannot have one, and to load an assembly takes
    // two.
    private const int LastDescriptors = 16;

    private readonly Lock _gate = new();
    private long _capacity = long.MaxValue;
    private long _taken;

    /// <summary>That of the process.</summary>
    public static DescriptorBudget Shared { get; } = new();

    /// <summary>Finds out how many there are. Does nothing while connections have some: what they have taken and not
    /// opened yet cannot be counted.</summary>
    public void Measure()
    {
        // Every connection needs it, and its file stays open: it counts as used.
        RuntimeHelpers.RunClassConstructor(typeof(PipeWriter).TypeHandle);
        lock (_gate)
        {
            if (_taken == 0 && DescriptorLimit.Read() is { } limit)
                _capacity = limit - DescriptorLimit.CountUsed() - LastDescriptors;
        }
    }

    /// <summary>Takes descriptors if there are so many, or if nobody else has any.</summary>
    public bool TryTake(int count)
    {
        long before = Interlocked.Add(ref _taken, count) - count;
        if (before == 0 || before + count <= _capacity)
            return true;
        Return(count);
        return false;
    }

    /// <summary>Takes descriptors that are opened in any case.</summary>
    public void Take(int count) => Interlocked.Add(ref _taken, count);

    /// <summary>Gives back what was taken.</summary>
    public void Return(long count) => Interlocked.Add(ref _taken, -count);
}
