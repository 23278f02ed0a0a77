namespace Hawser;

/// <summary>A clock that costs next to nothing to read, so that every wait can note when it began. It may be
/// <see cref="Resolution"/> behind.</summary>
internal sealed class CoarseClock(TimeProvider time)
{
    /// <summary>What the system's coarse clock may lag behind its fine one (clock_gettime(2), CLOCK_MONOTONIC_COARSE;
    /// GetTickCount64).</summary>
    public static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(16);

    private readonly bool _isSystem = ReferenceEquals(time, TimeProvider.System);

    /// <summary>The system's.</summary>
    public static CoarseClock System { get; } = new(TimeProvider.System);

    /// <summary>Milliseconds since some moment.</summary>
    public long Now => _isSystem
        ? Environment.TickCount64
        : (long)TimeSpan.FromSeconds((double)time.GetTimestamp() / time.TimestampFrequency).TotalMilliseconds;
}
