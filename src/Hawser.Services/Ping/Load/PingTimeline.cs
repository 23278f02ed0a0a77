using System.Diagnostics;

namespace Hawser.Services.Ping.Load;

/// <summary>When a load is ramped up, warmed up, measured and over, on the clock of <see cref="Stopwatch"/>.</summary>
internal sealed class PingTimeline
{
    private readonly double _ticksPerPing;
    private readonly double _ticksPerTurn;

    public PingTimeline(PingLoadOptions options, long start)
    {
        Start = start;
        LoadBegins = start + Ticks(options.Ramp);
        Begin = LoadBegins + Ticks(options.WarmUp);
        End = Begin + Ticks(options.Duration);
        TicksPerConnect = (double)Ticks(options.Ramp) / options.Clients;
        IsOpenLoop = options.Rate is not null;
        _ticksPerPing = Stopwatch.Frequency * (double)options.Pipeline / (options.Rate ?? 1);
        _ticksPerTurn = _ticksPerPing * options.Clients;
    }

    /// <summary>The first connection is opened.</summary>
    public long Start { get; }

    /// <summary>All connections should be open.</summary>
    public long LoadBegins { get; }

    /// <summary>The first moment that is measured.</summary>
    public long Begin { get; }

    /// <summary>The first moment that is not.</summary>
    public long End { get; }

    /// <summary>The schedule is fixed in advance.</summary>
    public bool IsOpenLoop { get; }

    private double TicksPerConnect { get; }

    /// <summary>When a client is to connect.</summary>
    public long ConnectAt(int client) => Start + (long)(client * TicksPerConnect);

    /// <summary>When a client's n-th ping of an open loop, or its n-th pipeline of pings, is to be sent: those of all
    /// clients together come at equal distances.</summary>
    public long PingAt(int client, long n) => LoadBegins + (long)(client * _ticksPerPing + n * _ticksPerTurn);

    /// <summary>Whether a ping that is to be sent at that moment is measured.</summary>
    public bool IsMeasured(long moment) => moment >= Begin && moment < End;

    private static long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * Stopwatch.Frequency);
}
