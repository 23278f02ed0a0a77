using System.Diagnostics;

namespace Hawser;

/// <summary>A moment on the monotonic clock. The default value is no deadline at all.</summary>
public readonly record struct Deadline
{
    private readonly long _timestamp;

    private Deadline(long timestamp) => _timestamp = timestamp;

    /// <summary>Waits for ever.</summary>
    public static Deadline None => default;

    /// <summary>The moment that lies <paramref name="delay"/> from now; none for
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static Deadline After(TimeSpan delay) =>
        delay == Timeout.InfiniteTimeSpan
            ? None
            : At(Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));

    /// <summary>The moment with this <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public static Deadline At(long stopwatchTimestamp) => new(Math.Max(1, stopwatchTimestamp));

    /// <summary>True for the default value.</summary>
    public bool IsNone => _timestamp == 0;

    /// <summary>True once the moment is reached; never for <see cref="None"/>.</summary>
    public bool HasPassed => _timestamp != 0 && Stopwatch.GetTimestamp() >= _timestamp;

    /// <summary>What is left, at least zero; <see cref="Timeout.InfiniteTimeSpan"/> for <see cref="None"/>.</summary>
    public TimeSpan Remaining =>
        IsNone ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks((RemainingNanoseconds + 99) / 100);

    internal long Timestamp => _timestamp;

    /// <summary>What is left in nanoseconds, at least zero; -1 for <see cref="None"/>.</summary>
    internal long RemainingNanoseconds
    {
        get
        {
            if (IsNone)
                return -1;
            long left = _timestamp - Stopwatch.GetTimestamp();
            return left <= 0 ? 0 : (long)(left * (1e9 / Stopwatch.Frequency));
        }
    }
}
