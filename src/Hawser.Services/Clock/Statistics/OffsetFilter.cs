using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Statistics;

/// <summary>
/// Offset by the minimum-delay filter (RFC 5905, section 10): of every eight exchanges the one with the least delay is
/// kept, because its offset is wrong by the least. Drift is the Theil-Sen slope of those kept: the median of the slopes
/// of all pairs, which a queue that fills now and then cannot bend as it bends a least-squares line.
/// </summary>
/// <remarks>
/// Memory is fixed: at 256 points, neighbours are merged and windows double. The interval of the slope is Sen's (P. K.
/// Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968), at 95 %.
/// </remarks>
internal sealed class OffsetFilter
{
    private const int FirstWindow = 8;
    private const int MostPoints = 256;
    private const int FewestPoints = 8;

    private readonly List<OffsetPoint> _points = new(MostPoints);
    private OffsetPoint _best;
    private OffsetPoint _bestOfWindow;
    private int _window = FirstWindow;
    private int _inWindow;
    private bool _any;

    /// <summary>Takes an exchange. Its delay is the larger of both clocks', see <see cref="OffsetPoint"/>.</summary>
    public void Take(in Exchange exchange)
    {
        OffsetPoint point = OffsetPoint.Of(exchange);
        if (!_any || point.DelayNs < _best.DelayNs)
            _best = point;
        _any = true;
        if (_inWindow == 0 || point.DelayNs < _bestOfWindow.DelayNs)
            _bestOfWindow = point;
        if (++_inWindow < _window)
            return;
        _inWindow = 0;
        _points.Add(_bestOfWindow);
        if (_points.Count == MostPoints)
            Merge();
    }

    /// <summary>Forgets everything: a clock was stepped, and what was before says nothing of what is after.</summary>
    public void Restart()
    {
        _points.Clear();
        _window = FirstWindow;
        _inWindow = 0;
        _any = false;
    }

    /// <summary>
    /// The offset of the exchange with the least delay since the start or the last step; null without any.
    /// </summary>
    public OffsetEstimate? Offset() =>
        _any ? new OffsetEstimate(_best.OffsetNs, (Math.Max(0, _best.DelayNs) + 1) / 2, _best.AtNs) : null;

    /// <summary>The drift since then; null below eight windows (64 exchanges).</summary>
    public DriftEstimate? Drift()
    {
        int n = _points.Count;
        if (n < FewestPoints)
            return null;
        var slopes = new List<double>(n * (n - 1) / 2);
        for (int i = 0; i < n; i++)
        {
            for (int j = i + 1; j < n; j++)
            {
                double run = _points[j].AtNs - _points[i].AtNs;
                if (run > 0)
                    slopes.Add((_points[j].OffsetNs - _points[i].OffsetNs) / run);
            }
        }

        if (slopes.Count == 0)
            return null;
        slopes.Sort();
        double halfWidth = 1.96 * Math.Sqrt(n * (n - 1.0) * ((2.0 * n) + 5) / 18) / 2;
        int low = (int)Math.Max(0, (slopes.Count / 2.0) - halfWidth);
        int high = (int)Math.Min(slopes.Count - 1, (slopes.Count / 2.0) + halfWidth);
        double median = (slopes[(slopes.Count - 1) / 2] + slopes[slopes.Count / 2]) / 2;
        return new DriftEstimate(median * 1e6, slopes[low] * 1e6, slopes[high] * 1e6);
    }

    private void Merge()
    {
        for (int i = 0; i < MostPoints / 2; i++)
        {
            OffsetPoint left = _points[2 * i], right = _points[(2 * i) + 1];
            _points[i] = left.DelayNs <= right.DelayNs ? left : right;
        }

        _points.RemoveRange(MostPoints / 2, MostPoints / 2);
        _window *= 2;
    }
}

/// <summary>How far the server's wall clock is ahead of the client's (negative: behind).</summary>
/// <param name="Ns">The offset in nanoseconds.</param>
/// <param name="ErrorNs">Its error bound: half the delay of the exchange it was taken from.</param>
/// <param name="AtNs">When that was, in nanoseconds since the client's first tick was due.</param>
public readonly record struct OffsetEstimate(long Ns, long ErrorNs, long AtNs);

/// <summary>How fast the offset grows, in millionths (one is 86 ms a day).</summary>
/// <param name="PartsPerMillion">The Theil-Sen slope.</param>
/// <param name="Lowest">Lower end of its 95 % interval.</param>
/// <param name="Highest">Upper end of its 95 % interval.</param>
public readonly record struct DriftEstimate(double PartsPerMillion, double Lowest, double Highest);

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
