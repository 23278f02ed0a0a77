using System.Diagnostics;

namespace Hawser.Services.Ping.Load;

/// <summary>The phases of a load on the clock of <see cref="Stopwatch"/>: ramp, warm-up, measurement. The warm-up begins
/// when every client has connected or failed to, and not before the end of the ramp.</summary>
internal sealed class PingTimeline
{
    // Later than any moment, and durations can be added to it.
    private const long Never = long.MaxValue / 2;

    private readonly TaskCompletionSource _allConnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _start;
    private readonly long _ramp;
    private readonly long _warmUp;
    private readonly long _duration;
    private readonly int _clients;
    private readonly double _ticksPerSend;
    private int _connecting;
    private long _loadBegins = Never;

    /// <param name="options">The durations of the phases and the rate.</param>
    /// <param name="start">When the first connection is opened.</param>
    public PingTimeline(PingLoadOptions options, long start)
    {
        _start = start;
        _ramp = Ticks(options.Ramp);
        _warmUp = Ticks(options.WarmUp);
        _duration = Ticks(options.Duration);
        _clients = _connecting = options.Clients;
        IsOpenLoop = options.Rate is not null;
        _ticksPerSend = Math.Min(Stopwatch.Frequency * (double)options.Pipeline / (options.Rate ?? 1), Never);
    }

    /// <summary>Completes with the last <see cref="AddConnected"/>, or with <see cref="BeginLoad"/>.</summary>
    public Task AllConnected => _allConnected.Task;

    /// <summary>The end of the ramp, far in the future until <see cref="AllConnected"/>.</summary>
    public long LoadBegins => Volatile.Read(ref _loadBegins);

    /// <summary>The first moment that is measured.</summary>
    public long Begin => LoadBegins + _warmUp;

    /// <summary>The first moment after the measurement.</summary>
    public long End => Begin + _duration;

    /// <summary>Pings follow a schedule fixed in advance.</summary>
    public bool IsOpenLoop { get; }

    /// <summary>Counts a client that has connected, or failed to. The last one begins the load.</summary>
    public void AddConnected(long now)
    {
        if (Interlocked.Decrement(ref _connecting) == 0)
            BeginLoad(now);
    }

    /// <summary>Begins the load at <paramref name="now"/> or the end of the ramp, whichever is later. Further calls have no
    /// effect.</summary>
    public void BeginLoad(long now)
    {
        Interlocked.CompareExchange(ref _loadBegins, Math.Max(now, _start + _ramp), Never);
        _allConnected.TrySetResult();
    }

    /// <summary>When a client connects: clients follow each other at equal distances along the ramp.</summary>
    public long ConnectAt(int client) => _start + (long)((double)_ramp / _clients * client);

    /// <summary>When a client of an open loop sends its n-th ping, or its n-th pipeline of pings: those of all clients
    /// together follow each other at equal distances.</summary>
    public long PingAt(int client, long n) =>
        LoadBegins + (long)Math.Min(client * _ticksPerSend + n * _ticksPerSend * _clients, Never);

    /// <summary>The first of a client's pings that is due at a moment or later.</summary>
    public long FirstAt(int client, long moment)
    {
        long n = (long)Math.Max(0, ((moment - LoadBegins) / _ticksPerSend - client) / _clients);
        while (n > 0 && PingAt(client, n - 1) >= moment)
            n--;
        while (PingAt(client, n) < moment)
            n++;
        return n;
    }

    /// <summary>Whether a ping due at that moment is measured.</summary>
    public bool IsMeasured(long moment) => moment >= Begin && moment < End;

    // Exact: a measurement that is a tick shorter than asked would not be over at its end.
    private static long Ticks(TimeSpan duration) =>
        (long)((Int128)duration.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond);
}
