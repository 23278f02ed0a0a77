namespace Hawser.Limits;

/// <summary>The least rate at which a peer must send or read: against peers that trickle to keep a connection
/// open.</summary>
/// <param name="BytesPerSecond">Bytes per second, both directions together. Above zero.</param>
/// <param name="Grace">The time over which the rate is averaged, again and again. At least 100 ms.</param>
public readonly record struct MinimumRate(long BytesPerSecond, TimeSpan Grace)
{
    internal static readonly TimeSpan ShortestGrace = TimeSpan.FromMilliseconds(100);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BytesPerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Grace, ShortestGrace);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Grace, TimeSpan.FromDays(24));
    }
}
