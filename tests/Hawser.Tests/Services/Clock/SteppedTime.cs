namespace Hawser.Tests.Services.Clock;

/// <summary>
/// A clock that goes only when told to, and whose wall clock can be stepped apart from the monotonic one.
/// </summary>
internal sealed class SteppedTime(long frequency = 1_000_000_000) : TimeProvider
{
    private long _monotonicNs;
    private long _wallStepNs;

    public DateTimeOffset Start { get; } = new(2026, 11, 20, 6, 17, 17, TimeSpan.Zero);

    public override long TimestampFrequency => frequency;

    public void Advance(long ns) => _monotonicNs += ns;

    public void StepWall(long ns) => _wallStepNs += ns;

    public override long GetTimestamp() => (long)((Int128)_monotonicNs * frequency / 1_000_000_000);

    public override DateTimeOffset GetUtcNow() => Start.AddTicks((_monotonicNs + _wallStepNs) / 100);
}
