namespace Hawser;

/// <summary>Whether the managed heap is near what it may have: DOTNET_GCHeapHardLimit, three quarters of a container's
/// memory, or that of the machine. The memory of other processes does not count.</summary>
internal static class MemoryPressure
{
    private const double HighShare = 0.8;

    // Between two collections that are made to find out.
    private const long PauseMilliseconds = 1_000;

    private static readonly long High = (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * HighShare);
    private static long _nextCollection;

    /// <summary>Looks. Garbage does not count: where it could be the reason, it is collected, once a second at the
    /// most.</summary>
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
