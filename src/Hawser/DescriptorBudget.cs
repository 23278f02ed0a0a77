using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Hawser;

/// <summary>Shares the process's descriptors among the connections of all its servers. All descriptors that a
/// connection may need are reserved before it is accepted, so it cannot run out of them later.</summary>
internal sealed class DescriptorBudget
{
    // Not for connections: the runtime aborts the process if it cannot get one, and loading an assembly takes two.
    private const int LastDescriptors = 16;

    private readonly Lock _gate = new();
    private long _capacity = long.MaxValue;
    private long _taken;

    public static DescriptorBudget Shared { get; } = new();

    /// <summary>Measures the capacity. Does nothing while connections hold descriptors: reserved but unopened ones
    /// cannot be counted.</summary>
    public void Measure()
    {
        // Every connection needs it, and its file stays open.
        RuntimeHelpers.RunClassConstructor(typeof(PipeWriter).TypeHandle);
        lock (_gate)
        {
            if (_taken == 0 && DescriptorLimit.Read() is { } limit)
                _capacity = limit - DescriptorLimit.CountUsed() - LastDescriptors;
        }
    }

    /// <summary>Reserves descriptors if enough are left, or if none are reserved.</summary>
    public bool TryTake(int count)
    {
        long before = Interlocked.Add(ref _taken, count) - count;
        if (before == 0 || before + count <= _capacity)
            return true;
        Return(count);
        return false;
    }

    /// <summary>Reserves descriptors unconditionally.</summary>
    public void Take(int count) => Interlocked.Add(ref _taken, count);

    public void Return(long count) => Interlocked.Add(ref _taken, -count);
}
