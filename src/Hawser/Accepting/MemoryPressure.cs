namespace Hawser.Accepting;

/// <summary>Tests whether the managed heap is near its limit: DOTNET_GCHeapHardLimit, three quarters of a container's
/// memory, or the machine's memory. Other processes do not count.</summary>
/// <param name="high">The heap is nearly full from so many bytes on.</param>
internal sealed class MemoryPressure(long high)
{
    private const double HighShare = 0.8;

    // Between two collections.
    private const long PauseMilliseconds = 1_000;

    private long _nextCollection;

    /// <summary>That of the process.</summary>
    public static MemoryPressure Shared { get; } =
        new((long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * HighShare));

    /// <summary>True if the heap is nearly full. Collects garbage first, at most once a second.</summary>
    public bool IsHigh()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) < high)
            return false;
        long now = Environment.TickCount64;
        long next = Volatile.Read(ref _nextCollection);
        if (now < next || Interlocked.CompareExchange(ref _nextCollection, now + PauseMilliseconds, next) != next)
            return true;
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false) >= high;
    }
}
