using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>One client's deadlines for silence and for its stay. Its connection renews them; <see cref="ClockLeases"/>
/// watches them.</summary>
internal sealed class ClockLease(TimeProvider time, TimeSpan silence, TimeSpan stay, Action<ClockLease> forget)
    : IDisposable
{
    private readonly long _silenceNs = ClockTiming.ToNanoseconds(silence);
    private long _heardNs = ClockReading.MonotonicNow(time);
    private long _endNs = ClockReading.MonotonicNow(time) + ClockTiming.ToNanoseconds(stay);

    public bool HasRunOut
    {
        get
        {
            long now = ClockReading.MonotonicNow(time);
            return now - Volatile.Read(ref _heardNs) >= _silenceNs || now >= Volatile.Read(ref _endNs);
        }
    }

    /// <summary>Call when the client has sent a frame.</summary>
    public void Renew(long nowNs) => Volatile.Write(ref _heardNs, nowNs);

    /// <summary>Sets the deadline of the stay, counted from now.</summary>
    public void Extend(TimeSpan more) =>
        Volatile.Write(ref _endNs, ClockReading.MonotonicNow(time) + ClockTiming.ToNanoseconds(more));

    public void Dispose() => forget(this);
}
