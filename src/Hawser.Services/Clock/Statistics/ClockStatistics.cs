using Hawser.Services.Clock.Wire;
using Hawser.Services.Measuring;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The statistics of one client's exchanges, in constant memory.</summary>
/// <remarks>Delay and offset are those of NTP (RFC 5905, section 8). Jitter is the absolute difference between the
/// delays of two consecutive ticks: the variation of RFC 3393 on the round trip, which irtt calls IPDV. Lateness is the
/// time from the due time of a tick to its sending. Not thread-safe.</remarks>
internal sealed class ClockStatistics(long intervalNs)
{
    private readonly OffsetFilter _filter = new();
    private readonly List<ClockStep> _steps = [];
    private StepDetector _clientSteps;
    private StepDetector _serverSteps;
    private long _lastTick = -1;
    private long _lastDelayNs;

    /// <summary>The limit on steps kept; further ones count in <see cref="StepsSeen"/> only.</summary>
    public const int MostSteps = 100;

    public long IntervalNs { get; } = intervalNs;

    public LatencyHistogram Lateness { get; } = new();

    public LatencyHistogram Delay { get; } = new();

    public LatencyHistogram Jitter { get; } = new();

    public DelayTrace Trace { get; } = new();

    public OffsetSample Sample { get; } = new();

    public IReadOnlyList<ClockStep> Steps => _steps;

    public int StepsSeen { get; private set; }

    /// <summary>The number of exchanges.</summary>
    public long Exchanges => Delay.Count;

    /// <summary>The last tick answered; -1 before the first.</summary>
    public long LastTick => _lastTick;

    public OffsetEstimate? Offset => _filter.Offset();

    public DriftEstimate? Drift => _filter.Drift();

    /// <summary>Takes an exchange; the client's monotonic clock counts from the moment tick 0 was due.</summary>
    public void Take(in Exchange exchange)
    {
        long delay = exchange.DelayNs;
        Lateness.Record(exchange.T1.MonotonicNs - (exchange.Tick * IntervalNs));
        Delay.Record(delay);
        if (exchange.Tick == _lastTick + 1 && _lastTick >= 0)
            Jitter.Record(Math.Abs(delay - _lastDelayNs));
        _lastTick = exchange.Tick;
        _lastDelayNs = delay;

        Trace.Take(exchange.T1.MonotonicNs, delay);
        Sample.Take(OffsetPoint.Of(exchange));
        _filter.Take(exchange);
        NoteStep(isServers: false, exchange, _clientSteps.Take(exchange.T1));
        NoteStep(isServers: true, exchange, _serverSteps.Take(exchange.T3));
    }

    private void NoteStep(bool isServers, in Exchange exchange, long stepNs)
    {
        if (stepNs == 0)
            return;
        _filter.Restart();
        Sample.Restart();
        StepsSeen++;
        if (_steps.Count < MostSteps)
            _steps.Add(new ClockStep(isServers, exchange.T1.MonotonicNs, stepNs));
    }
}
