namespace Hawser.Services.Clock;

/// <summary>Whose exchanges a log holds.</summary>
/// <param name="ClientId">The id the server gave.</param>
/// <param name="Client">The client's <c>ip:port</c>.</param>
/// <param name="Server">The server's <c>ip:port</c>.</param>
/// <param name="IntervalNs">The time between ticks.</param>
internal readonly record struct ExchangeLogHeading(uint ClientId, string Client, string Server, long IntervalNs);
