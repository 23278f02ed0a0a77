using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>The recording of a server, which all its connections write; it knows from when to when.</summary>
internal sealed class ServerRecording(TimeDataWriter rows)
{
    private long _firstNs = long.MaxValue;
    private long _lastNs;

    /// <summary>Appends a tick and its answer.</summary>
    public void Append(ReadOnlySpan<byte> client, ReadOnlySpan<byte> server, in ExchangeReply exchange)
    {
        rows.Append(client, server, exchange.RequestSent.WallNs);
        rows.Append(server, client, exchange.ReplySent.WallNs);
        Widen(exchange.RequestReceived.MonotonicNs, exchange.ReplySent.MonotonicNs);
    }

    /// <summary>Writes the last line: the duration is that from the first tick to the last.</summary>
    public Task EndAsync() =>
        rows.EndAsync(ClockTiming.FromNanoseconds(
            Math.Max(0, Volatile.Read(ref _lastNs) - Volatile.Read(ref _firstNs))));

    private void Widen(long firstNs, long lastNs)
    {
        // Connections on several threads race here; what is lost is microseconds of a duration told in seconds.
        if (firstNs < Volatile.Read(ref _firstNs))
            Volatile.Write(ref _firstNs, firstNs);
        if (lastNs > Volatile.Read(ref _lastNs))
            Volatile.Write(ref _lastNs, lastNs);
    }
}
