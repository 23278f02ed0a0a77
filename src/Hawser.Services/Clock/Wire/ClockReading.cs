namespace Hawser.Services.Clock.Wire;

/// <summary>One moment on both clocks of one machine.</summary>
/// <param name="WallNs">Nanoseconds since 1970-01-01T00:00:00Z by the wall clock, which may be stepped.</param>
/// <param name="MonotonicNs">Nanoseconds since some fixed moment by the monotonic clock, which never is.</param>
internal readonly record struct ClockReading(long WallNs, long MonotonicNs)
{
    /// <summary>Reads both clocks, one right after the other.</summary>
    public static ClockReading Now(TimeProvider time)
    {
        long wallNs = (time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
        return new ClockReading(wallNs, MonotonicNow(time));
    }

    /// <summary>The monotonic clock alone, in nanoseconds.</summary>
    public static long MonotonicNow(TimeProvider time)
    {
        long timestamp = time.GetTimestamp();
        long frequency = time.TimestampFrequency;
        return frequency == 1_000_000_000 ? timestamp : (long)((Int128)timestamp * 1_000_000_000 / frequency);
    }

    /// <summary>The same moment with the monotonic clock counted from <paramref name="startNs"/>.</summary>
    public ClockReading Since(long startNs) => this with { MonotonicNs = MonotonicNs - startNs };
}
