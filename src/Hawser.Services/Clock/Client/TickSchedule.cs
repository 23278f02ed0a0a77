namespace Hawser.Services.Clock.Client;

/// <summary>An absolute schedule: tick n is due at start + n * interval on the monotonic clock and can be taken until
/// tick n + 1 is due. A tick not taken by then is missed: counted and never sent late, so ticks neither bunch up nor
/// drift.</summary>
/// <remarks>Not thread-safe. All times are nanoseconds of one monotonic clock.</remarks>
internal struct TickSchedule
{
    private readonly long _startNs;
    private readonly long _intervalNs;
    private readonly long _count;

    /// <param name="startNs">The due time of tick 0.</param>
    /// <param name="intervalNs">The time between ticks, 1 ns or more.</param>
    /// <param name="count">The number of ticks.</param>
    public TickSchedule(long startNs, long intervalNs, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(intervalNs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _startNs = startNs;
        _intervalNs = intervalNs;
        _count = count;
    }

    /// <summary>The next tick; the number of ticks if all are over.</summary>
    public long Next { get; private set; }

    /// <summary>Ticks missed so far.</summary>
    public long Missed { get; private set; }

    /// <summary>Whether all ticks have been taken or missed.</summary>
    public readonly bool IsOver => Next >= _count;

    /// <summary>The due time of <see cref="Next"/>; after the last tick, the end of the last interval.</summary>
    public readonly long DueNs => _startNs + (Next * _intervalNs);

    /// <summary>The end of the last interval.</summary>
    public readonly long EndNs => _startNs + (_count * _intervalNs);

    /// <summary>Takes the current tick and counts the skipped ones as missed. False: none is due, or all are
    /// over.</summary>
    public bool TryTake(long nowNs, out long tick)
    {
        tick = Next;
        if (IsOver || nowNs < DueNs)
            return false;
        long current = Math.Min((nowNs - _startNs) / _intervalNs, _count);
        Missed += current - Next;
        Next = current;
        if (IsOver)
            return false;
        tick = current;
        Next = current + 1;
        return true;
    }
}
