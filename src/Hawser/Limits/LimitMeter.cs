using Hawser.Transports;

namespace Hawser.Limits;

/// <summary>Measures how much of its limits a server uses. Thread-safe.</summary>
internal sealed class LimitMeter(AddressGate? gate, Shaper? shaper, EvictionQueue handshakes)
{
    private readonly long[] _closed = new long[Enum.GetValues<CloseReason>().Length];
    private long _mostConnections;
    private long _mostBytes;

    /// <summary>Records the number of connections when it has grown.</summary>
    public void CountAdmitted(int connections) => Raise(ref _mostConnections, connections);

    /// <summary>Records a connection that has ended.</summary>
    public void CountClosed(Connection connection, CloseReason reason)
    {
        // Not the common reasons: all loops would write to the same line of the cache.
        if (reason is CloseReason.ByteLimit or CloseReason.TooSlow or CloseReason.FirstByteTimeout
            or CloseReason.IdleTimeout or CloseReason.TotalTimeout or CloseReason.DrainTimeout
            or CloseReason.HandshakeLimit)
            Interlocked.Increment(ref _closed[(int)reason]);
        Raise(ref _mostBytes, connection.BytesReceived);
    }

    /// <param name="limits">The limits in force.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="open">Those that are served.</param>
    public IReadOnlyList<LimitUse> Read(ServerLimits limits, int connections, IEnumerable<Connection> open)
    {
        long bytes = open.Select(connection => connection.BytesReceived).DefaultIfEmpty().Max();
        (int Current, int Maximum) places = gate?.ReadPlaces() ?? default;
        (double Current, double Maximum) accepts = gate?.ReadRate() ?? default;
        (double Current, double Maximum) rate = shaper?.Measure() ?? default;
        (int Current, int Maximum) layering = handshakes.Read();
        bool hasPlaces = limits.ConnectionsPerAddress < int.MaxValue;
        bool hasAccepts = !double.IsPositiveInfinity(limits.AcceptRate);
        bool hasRate = limits.RateLimit < long.MaxValue;
        return
        [
            new(nameof(limits.Connections), limits.Connections, connections,
                Volatile.Read(ref _mostConnections), 0),
            new(nameof(limits.ConnectionsPerAddress), Number(limits.ConnectionsPerAddress, int.MaxValue),
                hasPlaces ? places.Current : null, hasPlaces ? places.Maximum : null,
                Refused(RefusalReason.ConnectionsPerAddress)),
            new(nameof(limits.AcceptRate), limits.AcceptRate, hasAccepts ? accepts.Current : null,
                hasAccepts ? accepts.Maximum : null, Refused(RefusalReason.AcceptRate)),
            Closed(nameof(limits.Handshakes), Number(limits.Handshakes, int.MaxValue), CloseReason.HandshakeLimit) with
            {
                Current = layering.Current,
                Maximum = layering.Maximum,
            },
            new(nameof(limits.Allow), limits.Allow?.Count ?? double.PositiveInfinity, null, null,
                Refused(RefusalReason.NotAllowed)),
            new(nameof(limits.Deny), limits.Deny?.Count ?? double.PositiveInfinity, null, null,
                Refused(RefusalReason.Denied)),
            new(nameof(limits.AllowUsers), limits.AllowUsers?.Count ?? double.PositiveInfinity, null, null,
                Refused(RefusalReason.UserNotAllowed)),
            Closed(nameof(limits.FirstByteTimeout), Seconds(limits.FirstByteTimeout), CloseReason.FirstByteTimeout),
            Closed(nameof(limits.IdleTimeout), Seconds(limits.IdleTimeout), CloseReason.IdleTimeout),
            Closed(nameof(limits.TotalTimeout), Seconds(limits.TotalTimeout), CloseReason.TotalTimeout),
            Closed(nameof(limits.MinimumRate), limits.MinimumRate?.BytesPerSecond ?? double.PositiveInfinity,
                CloseReason.TooSlow),
            Closed(nameof(limits.DrainTimeout), Seconds(limits.DrainTimeout), CloseReason.DrainTimeout),
            Closed(nameof(limits.BytesPerConnection), Number(limits.BytesPerConnection, long.MaxValue),
                CloseReason.ByteLimit) with
            {
                Current = bytes,
                Maximum = Math.Max(bytes, Volatile.Read(ref _mostBytes)),
            },
            new(nameof(limits.RateLimit), Number(limits.RateLimit, long.MaxValue), hasRate ? rate.Current : null,
                hasRate ? rate.Maximum : null, 0),
            new(nameof(limits.ConnectionRateLimit), Number(limits.ConnectionRateLimit, long.MaxValue), null, null, 0),
        ];
    }

    private static void Raise(ref long most, long value)
    {
        for (long known = Volatile.Read(ref most); value > known;)
            known = Interlocked.CompareExchange(ref most, value, known);
    }

    private LimitUse Closed(string name, double limit, CloseReason reason) =>
        new(name, limit, null, null, Interlocked.Read(ref _closed[(int)reason]));

    private long Refused(RefusalReason reason) => gate?.CountRefused(reason) ?? 0;

    private static double Number(long limit, long none) => limit == none ? double.PositiveInfinity : limit;

    private static double Seconds(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : timeout.TotalSeconds;
}
