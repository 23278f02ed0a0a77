namespace Hawser.Accepting;

/// <summary>Tests whether the managed heap is near its limit: DOTNET_GCHeapHardLimit, three quarters of a container's
/// memory, or the machine's memory. Other processes do not count.</summary>
internal static class MemoryPressure
{
    private const double HighShare = 0.8;

    // Between two collections.
    private const long PauseMilliseconds = 1_000;

    private static readonly long High = (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * HighShare);
    private static long _nextCollection;

    /// <summary>True if the heap is nearly full. Collects garbage first, at most once a second.</summary>
    public static bool IsHigh()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) < High)
            return false;
        long now = Environment.TickCount64;
        long next = Volatile.Read(ref _nextCollection);
        if (now < next || Interlocked.CompareExchange(ref _nextCollection, now + PauseMilliseconds, next) != next)
            return true;
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false) >= High;
    }
}
