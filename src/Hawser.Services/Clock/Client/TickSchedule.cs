namespace Hawser.Services.Clock.Client;

/// <summary>
/// An absolute schedule: tick n is due at start + n * interval on the monotonic clock, and may be taken until tick n
/// + 1 is due. A tick not taken by then is missed for good: it is counted and never made up for, so nothing bunches
/// up and nothing drifts.
/// </summary>
/// <remarks>Not safe for several threads. All times are nanoseconds of one monotonic clock.</remarks>
internal struct TickSchedule
{
    private readonly long _startNs;
    private readonly long _intervalNs;
    private readonly long _count;

    /// <param name="startNs">When tick 0 is due.</param>
    /// <param name="intervalNs">The time between ticks, 1 ns or more.</param>
    /// <param name="count">How many ticks there are.</param>
    public TickSchedule(long startNs, long intervalNs, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(intervalNs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _startNs = startNs;
        _intervalNs = intervalNs;
        _count = count;
    }

    /// <summary>The tick to be taken next; the count of ticks when all are over.</summary>
    public long Next { get; private set; }

    /// <summary>How many ticks have been missed so far.</summary>
    public long Missed { get; private set; }

    /// <summary>Whether all ticks have been taken or missed.</summary>
    public readonly bool IsOver => Next >= _count;

    /// <summary>When <see cref="Next"/> is due; after the last tick, when the last interval ends.</summary>
    public readonly long DueNs => _startNs + (Next * _intervalNs);

    /// <summary>When the last interval ends.</summary>
    public readonly long EndNs => _startNs + (_count * _intervalNs);

    /// <summary>
    /// Takes the tick whose time it is, counting those passed over as missed. False: none is due, or all are over.
    /// </summary>
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
