namespace Hawser;

/// <summary>What a server has counted; see <see cref="Server.ReadCounts"/>.</summary>
/// <param name="Queued">Accepted connections that wait for a thread or a loop now.</param>
/// <param name="Accepted">Connections accepted since the start and not refused by a limit; never falls.</param>
/// <param name="BytesReceived">Bytes that its connections have received since the start; never falls.</param>
/// <param name="BytesSent">Bytes that its connections have sent since the start; never falls.</param>
public readonly record struct ServerCounts(long Queued, long Accepted, long BytesReceived, long BytesSent);
