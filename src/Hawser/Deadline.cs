using System.Diagnostics;

namespace Hawser;

/// <summary>A moment on the monotonic clock of a <see cref="TimeProvider"/>. The default value is no deadline at
/// all.</summary>
public readonly record struct Deadline
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    // Select counts in an integer of microseconds.
    private static readonly TimeSpan LongestSelect = TimeSpan.FromMinutes(30);

    private readonly long _timestamp;
    // Null for the system's clock, so that the common deadline is one number.
    private readonly TimeProvider? _time;

    private Deadline(long timestamp, TimeProvider? time)
    {
        _timestamp = Math.Max(1, timestamp);
        _time = time;
    }

    /// <summary>Waits for ever.</summary>
    public static Deadline None => default;

    /// <summary>True for the default value.</summary>
    public bool IsNone => _timestamp == 0;

    /// <summary>True once the moment is reached; never for <see cref="None"/>.</summary>
    public bool HasPassed => _timestamp != 0 && Now >= _timestamp;

    /// <summary>What is left, at least zero; <see cref="Timeout.InfiniteTimeSpan"/> for <see cref="None"/>.</summary>
    public TimeSpan Remaining =>
        IsNone ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks((RemainingNanoseconds + 99) / 100);

    /// <summary>What is left, for a timer of .NET, which counts no further than 49 days: it may fire too
    /// early.</summary>
    internal TimeSpan RemainingForTimer => Remaining < LongestTimer ? Remaining : LongestTimer;

    /// <summary>What is left, for a Select, which may then return too early.</summary>
    internal TimeSpan RemainingForSelect =>
        IsNone || Remaining > LongestSelect ? LongestSelect : Remaining;

    /// <summary>A deadline that has passed: a wait with it asks, and does not wait.</summary>
    internal static Deadline Passed => new(1, null);

    internal long Timestamp => _timestamp;

    /// <summary>A clock other than the system's: only its own timers know when the moment comes.</summary>
    internal TimeProvider? VirtualTime => _time;

    /// <summary>This deadline for a wait by the system's clock; under virtual time <see cref="Passed"/> or
    /// <see cref="None"/>.</summary>
    internal Deadline OnSystemClock => _time is null ? this : HasPassed ? Passed : None;

    /// <summary>What is left in nanoseconds, at least zero; -1 for <see cref="None"/>.</summary>
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

    /// <summary>The moment that lies <paramref name="delay"/> from now on the system's clock; none for
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static Deadline After(TimeSpan delay) => After(delay, TimeProvider.System);

    /// <summary>The moment that lies <paramref name="delay"/> from now; none for
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    /// <param name="delay">From now. A delay too long for the clock never passes.</param>
    /// <param name="time">The clock; in a handler that of the server, <see cref="Connection.Time"/>.</param>
    public static Deadline After(TimeSpan delay, TimeProvider time)
    {
        if (delay == Timeout.InfiniteTimeSpan)
            return None;
        long now = time.GetTimestamp();
        double ticks = delay.TotalSeconds * time.TimestampFrequency;
        long timestamp = ticks >= long.MaxValue - now ? long.MaxValue : now + (long)ticks;
        return new Deadline(timestamp, time == TimeProvider.System ? null : time);
    }

    /// <summary>The one of two that passes first.</summary>
    internal static Deadline Earlier(Deadline a, Deadline b) =>
        a.IsNone || (!b.IsNone && b.RemainingNanoseconds < a.RemainingNanoseconds) ? b : a;

    /// <summary>The moment with this <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public static Deadline At(long stopwatchTimestamp) => new(stopwatchTimestamp, null);
}
