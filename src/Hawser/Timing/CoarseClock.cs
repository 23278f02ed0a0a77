namespace Hawser.Timing;

/// <summary>A clock that is cheap enough to read at the start of every wait. It may lag by
/// <see cref="Resolution"/>.</summary>
internal sealed class CoarseClock(TimeProvider time)
{
    /// <summary>The maximum lag of the system's coarse clock (CLOCK_MONOTONIC_COARSE, GetTickCount64).</summary>
    public static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(16);

    private readonly bool _isSystem = ReferenceEquals(time, TimeProvider.System);

    public static CoarseClock System { get; } = new(TimeProvider.System);

    /// <summary>Whose time it is.</summary>
    public TimeProvider Provider => time;

    /// <summary>Milliseconds since an arbitrary moment.</summary>
    public long Now => _isSystem
        ? Environment.TickCount64
        : (long)TimeSpan.FromSeconds((double)time.GetTimestamp() / time.TimestampFrequency).TotalMilliseconds;
}
