using System.Diagnostics;

namespace Hawser;

/// <summary>A moment on the monotonic clock of a <see cref="TimeProvider"/>. The default value never passes.</summary>
public readonly record struct Deadline
{
    /// <summary>The maximum of .NET timers.</summary>
    internal static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    // Select counts microseconds in an int.
    private static readonly TimeSpan LongestSelect = TimeSpan.FromMinutes(30);

    private readonly long _timestamp;
    // Null for the system's clock, so that the common deadline is one number.
    private readonly TimeProvider? _time;

    private Deadline(long timestamp, TimeProvider? time)
    {
        _timestamp = Math.Max(1, timestamp);
        _time = time;
    }

    /// <summary>Never passes.</summary>
    public static Deadline None => default;

    /// <summary>True for the default value.</summary>
    public bool IsNone => _timestamp == 0;

    /// <summary>True from that moment on; never for <see cref="None"/>.</summary>
    public bool HasPassed => _timestamp != 0 && Now >= _timestamp;

    /// <summary>The remaining time, at least zero; <see cref="Timeout.InfiniteTimeSpan"/> for
    /// <see cref="None"/>.</summary>
    public TimeSpan Remaining =>
        IsNone ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks((RemainingNanoseconds + 99) / 100);

    /// <summary>The remaining time for a .NET timer, which is limited to 49 days and may thus fire too early.</summary>
    internal TimeSpan RemainingForTimer => Remaining < LongestTimer ? Remaining : LongestTimer;

    /// <summary>The remaining time for a Select, which may thus return too early.</summary>
    internal TimeSpan RemainingForSelect =>
        IsNone || Remaining > LongestSelect ? LongestSelect : Remaining;

    /// <summary>Has passed: a wait with it polls.</summary>
    internal static Deadline Passed => new(1, null);

    internal long Timestamp => _timestamp;

    /// <summary>The clock, if not the system's: only its own timers know when the moment comes.</summary>
    internal TimeProvider? VirtualTime => _time;

    /// <summary>The deadline for a wait by the system's clock; under virtual time <see cref="Passed"/> or
    /// <see cref="None"/>.</summary>
    internal Deadline OnSystemClock => _time is null ? this : HasPassed ? Passed : None;

    /// <summary>The remaining nanoseconds, at least zero; -1 for <see cref="None"/>.</summary>
    internal long RemainingNanoseconds
    {
        get
        {
            if (IsNone)
                return -1;
            long left = _timestamp - Now;
            double nanoseconds = left * (1e9 / (_time?.TimestampFrequency ?? Stopwatch.Frequency));
            return left <= 0 ? 0 : (long)Math.Min(nanoseconds, long.MaxValue / 2);
        }
    }

    private long Now => _time?.GetTimestamp() ?? Stopwatch.GetTimestamp();

    /// <summary>The moment <paramref name="delay"/> from now on the system's clock; none for
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static Deadline After(TimeSpan delay) => After(delay, TimeProvider.System);

    /// <summary>The moment <paramref name="delay"/> from now; none for
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    /// <param name="delay">From now. A delay beyond the clock's range never passes.</param>
    /// <param name="time">The clock; in a handler <see cref="Connection.Time"/>.</param>
    public static Deadline After(TimeSpan delay, TimeProvider time)
    {
        if (delay == Timeout.InfiniteTimeSpan)
            return None;
        long now = time.GetTimestamp();
        double ticks = delay.TotalSeconds * time.TimestampFrequency;
        long timestamp = ticks >= long.MaxValue - now ? long.MaxValue : now + (long)ticks;
        return new Deadline(timestamp, time == TimeProvider.System ? null : time);
    }

    /// <summary>The deadline that passes first.</summary>
    internal static Deadline Earlier(Deadline a, Deadline b) =>
        a.IsNone || (!b.IsNone && b.RemainingNanoseconds < a.RemainingNanoseconds) ? b : a;

    /// <summary>The moment of a <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public static Deadline At(long stopwatchTimestamp) => new(stopwatchTimestamp, null);
}
