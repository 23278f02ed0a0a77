namespace Hawser.Services.Clock.Wire;

/// <summary>The four timestamps of one exchange (RFC 5905, section 8), each on both clocks of its machine.</summary>
/// <param name="Tick">The client's tick, from 0.</param>
/// <param name="T1">The client sent.</param>
/// <param name="T2">The server received.</param>
/// <param name="T3">The server answered.</param>
/// <param name="T4">The client received.</param>
internal readonly record struct Exchange(uint Tick, ClockReading T1, ClockReading T2, ClockReading T3, ClockReading T4)
{
    /// <summary>The round trip without the server's own time, (T4 - T1) - (T3 - T2). Each difference is on one
    /// machine's monotonic clock, so that steps of a wall clock do not affect it.</summary>
    public long DelayNs => T4.MonotonicNs - T1.MonotonicNs - (T3.MonotonicNs - T2.MonotonicNs);

    /// <summary>How far the server's wall clock is ahead of the client's, ((T2 - T1) + (T3 - T4)) / 2. The error is at
    /// most half of <see cref="DelayNs"/>, if the whole delay is in one direction.</summary>
    public long OffsetNs => (long)(((Int128)T2.WallNs - T1.WallNs + T3.WallNs - T4.WallNs) / 2);
}

/// <summary>A client's tick.</summary>
/// <param name="Tick">Its number, from 0.</param>
/// <param name="Sent">T1.</param>
internal readonly record struct ExchangeRequest(uint Tick, ClockReading Sent);

/// <summary>The server's answer to a tick. With T4, read on its arrival, it is an <see cref="Exchange"/>.</summary>
/// <param name="Tick">The tick answered.</param>
/// <param name="RequestSent">T1, as received.</param>
/// <param name="RequestReceived">T2.</param>
/// <param name="ReplySent">T3.</param>
internal readonly record struct ExchangeReply(
    uint Tick, ClockReading RequestSent, ClockReading RequestReceived, ClockReading ReplySent)
{
    /// <summary>The exchange that the reply completes.</summary>
    public Exchange ReceivedAt(ClockReading t4) => new(Tick, RequestSent, RequestReceived, ReplySent, t4);
}
