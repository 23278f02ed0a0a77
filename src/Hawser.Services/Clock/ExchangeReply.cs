namespace Hawser.Services.Clock;

/// <summary>The server's answer to a tick. With T4, read on its arrival, it is an <see cref="Exchange"/>.</summary>
/// <param name="Tick">The tick answered.</param>
/// <param name="RequestSent">T1, as it came.</param>
/// <param name="RequestReceived">T2.</param>
/// <param name="ReplySent">T3.</param>
internal readonly record struct ExchangeReply(
    uint Tick, ClockReading RequestSent, ClockReading RequestReceived, ClockReading ReplySent)
{
    public Exchange ReceivedAt(ClockReading t4) => new(Tick, RequestSent, RequestReceived, ReplySent, t4);
}
