using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Statistics;

/// <summary>Compares a machine's wall clock with its monotonic clock. A step is a jump of their difference by more than
/// 1 ms and a tenth of the time since the last reading, confirmed by three consecutive readings. Smaller changes are
/// slewing; a single outlier is a thread interrupted between reading the two clocks.</summary>
internal struct StepDetector
{
    /// <summary>Smaller steps are not detected.</summary>
    public const long SmallestStepNs = 1_000_000;

    private const int Confirmations = 3;

    private bool _started;
    private long _levelNs;
    private long _lastNs;
    private long _suspectNs;
    private int _agreeing;

    /// <summary>Takes the next reading. Returns the size of a step that this reading confirms, otherwise 0.</summary>
    public long Take(ClockReading reading)
    {
        long difference = reading.WallNs - reading.MonotonicNs;
        long tolerance = SmallestStepNs + (Math.Abs(reading.MonotonicNs - _lastNs) / 10);
        _lastNs = reading.MonotonicNs;
        if (!_started || Math.Abs(difference - _levelNs) <= tolerance)
        {
            _started = true;
            _levelNs = difference;
            _agreeing = 0;
            return 0;
        }

        _agreeing = _agreeing > 0 && Math.Abs(difference - _suspectNs) <= tolerance ? _agreeing + 1 : 1;
        _suspectNs = difference;
        if (_agreeing < Confirmations)
            return 0;
        long step = difference - _levelNs;
        _levelNs = difference;
        _agreeing = 0;
        return step;
    }
}

/// <summary>A step of a wall clock relative to the monotonic clock of the same machine.</summary>
/// <param name="IsServers">Whether it is the server's clock, not the client's.</param>
/// <param name="AtNs">The time of its confirmation, in nanoseconds since the client's first tick was due.</param>
/// <param name="Ns">The size; negative if the clock was set back.</param>
public readonly record struct ClockStep(bool IsServers, long AtNs, long Ns);
