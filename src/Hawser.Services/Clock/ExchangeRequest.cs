namespace Hawser.Services.Clock;

/// <summary>A client's tick.</summary>
/// <param name="Tick">Its number, counted from 0.</param>
/// <param name="Sent">T1.</param>
internal readonly record struct ExchangeRequest(uint Tick, ClockReading Sent);
