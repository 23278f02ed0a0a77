namespace Hawser.Services.Clock;

/// <summary>What one exchange says of the clocks' offset.</summary>
/// <param name="AtNs">When, by the client's monotonic clock since tick 0 was due.</param>
/// <param name="OffsetNs">How far the server's wall clock is ahead.</param>
/// <param name="DelayNs">The delay that bounds its error.</param>
internal readonly record struct OffsetPoint(long AtNs, long OffsetNs, long DelayNs)
{
    /// <summary>
    /// The delay is the larger of the monotonic and the wall clocks': when a thread was interrupted between reading one
    /// clock and the other, the smaller one is too small, and would recommend just the exchange that is wrong.
    /// </summary>
    public static OffsetPoint Of(in Exchange exchange)
    {
        long wallDelay = exchange.T4.WallNs - exchange.T1.WallNs - (exchange.T3.WallNs - exchange.T2.WallNs);
        return new OffsetPoint(exchange.T1.MonotonicNs, exchange.OffsetNs, Math.Max(exchange.DelayNs, wallDelay));
    }
}
