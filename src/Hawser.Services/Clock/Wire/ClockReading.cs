namespace Hawser.Services.Clock.Wire;

/// <summary>A moment on both clocks of a machine.</summary>
/// <param name="WallNs">Nanoseconds since 1970-01-01T00:00:00Z on the wall clock, which may be stepped.</param>
/// <param name="MonotonicNs">Nanoseconds since a fixed moment on the monotonic clock, which is never stepped.</param>
internal readonly record struct ClockReading(long WallNs, long MonotonicNs)
{
    /// <summary>Reads both clocks, one immediately after the other.</summary>
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
