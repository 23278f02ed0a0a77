using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The minimum-delay filter for the offset (RFC 5905, section 10): keeps the exchange with the least delay of
/// every window, because its offset has the smallest error bound. Drift is the Theil-Sen slope of those kept, the
/// median of the slopes of all pairs: an occasional queue bends it less than a least-squares line.</summary>
/// <remarks>
/// From 128 exchanges on there are 16 to 31 windows: at 32, neighbours are merged and windows double. Few long windows,
/// because delays depend on those before them: a burst of load spoils one window and not hundreds of points that look
/// independent. The interval is Sen's at 95 % (P. K. Sen, "Estimates of the regression coefficient based on Kendall's
/// tau", JASA 63, 1968). Its variance is multiplied for the dependence that remains between neighbours, as Hamed and
/// Rao do for the test behind it ("A modified Mann-Kendall trend test for autocorrelated data", J. Hydrology 204,
/// 1998). docs/decisions/0031-clock-figures.md has the coverage.
/// </remarks>
internal sealed class OffsetFilter
{
    private const int FirstWindow = 8;
    private const int MostPoints = 32;
    private const int FewestPoints = 8;

    private readonly List<OffsetPoint> _points = new(MostPoints);
    private OffsetPoint _best;
    private OffsetPoint _bestOfWindow;
    private int _window = FirstWindow;
    private int _inWindow;
    private bool _any;

    /// <summary>Takes an exchange. Its delay is the larger one of the two clocks: see
    /// <see cref="OffsetPoint"/>.</summary>
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

    /// <summary>Restarts after a clock step: earlier exchanges say nothing about later ones.</summary>
    public void Restart()
    {
        _points.Clear();
        _window = FirstWindow;
        _inWindow = 0;
        _any = false;
    }

    /// <summary>The offset of the exchange with the least delay since the start or the last step; null without
    /// exchanges.</summary>
    public OffsetEstimate? Offset() =>
        _any ? new OffsetEstimate(_best.OffsetNs, (Math.Max(0, _best.DelayNs) + 1) / 2, _best.AtNs) : null;

    /// <summary>The drift since then; null below eight windows (64 exchanges).</summary>
    public DriftEstimate? Drift()
    {
        int n = _points.Count;
        if (n < FewestPoints)
            return null;
        (double Slope, double Slack)[] pairs =
        [
            .. from i in Enumerable.Range(0, n)
               from j in Enumerable.Range(i + 1, n - i - 1)
               let run = (double)(_points[j].AtNs - _points[i].AtNs)
               where run > 0
               select ((_points[j].OffsetNs - _points[i].OffsetNs) / run, (ErrorOf(i) + ErrorOf(j)) / run),
        ];
        if (pairs.Length == 0)
            return null;
        double[] slopes = [.. pairs.Select(pair => pair.Slope).Order()];
        double slope = (slopes[(slopes.Length - 1) / 2] + slopes[slopes.Length / 2]) / 2;
        double variance = n * (n - 1.0) * ((2.0 * n) + 5) / 18 * InflationOf(slope);
        double halfWidth = 1.96 * Math.Sqrt(variance) / 2;
        int low = (int)Math.Max(0, Math.Floor((slopes.Length / 2.0) - halfWidth) - 1);
        int high = (int)Math.Min(slopes.Length - 1, Math.Ceiling((slopes.Length / 2.0) + halfWidth));
        return new DriftEstimate(
            slope * 1e6,
            pairs.Select(pair => pair.Slope - pair.Slack).Order().ElementAt(low) * 1e6,
            pairs.Select(pair => pair.Slope + pair.Slack).Order().ElementAt(high) * 1e6);
    }

    /// <summary>The assumed error of a window's offset: a quarter of its bound, half the delay beyond the least. A link
    /// that is slower for a while, for example during a warm-up, thus widens the interval and does not bend
    /// it.</summary>
    private double ErrorOf(int i) => (_points[i].DelayNs - _best.DelayNs) / 8.0;

    /// <summary>The factor by which dependence between neighbours increases the variance: (1 + r) / (1 - r), where r is
    /// the correlation of consecutive residuals' ranks, corrected for bias (M. G. Kendall, "Note on bias in the
    /// estimation of autocorrelation", Biometrika 41, 1954).</summary>
    private double InflationOf(double slope)
    {
        int n = _points.Count;
        double[] ranks = new double[n];
        IEnumerable<int> order = Enumerable.Range(0, n)
            .OrderBy(i => _points[i].OffsetNs - _points[0].OffsetNs - (slope * (_points[i].AtNs - _points[0].AtNs)));
        foreach ((int rank, int i) in order.Index())
            ranks[i] = rank - ((n - 1) / 2.0);
        double r = ranks.Zip(ranks.Skip(1), (one, next) => one * next).Sum() / ranks.Sum(rank => rank * rank);
        r = Math.Clamp(r + ((1 + (3 * r)) / n), 0, 0.9);
        return (1 + r) / (1 - r);
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
/// <param name="ErrorNs">The error bound: half the delay of the exchange.</param>
/// <param name="AtNs">The time of the exchange, in nanoseconds since the client's first tick was due.</param>
public readonly record struct OffsetEstimate(long Ns, long ErrorNs, long AtNs);

/// <summary>The growth of the offset in parts per million (1 ppm is 86 ms a day).</summary>
/// <param name="PartsPerMillion">The Theil-Sen slope.</param>
/// <param name="Lowest">The lower end of its 95 % interval. The interval covers scatter and bursts of delay, but not a
/// queue that grows or shrinks throughout the recording.</param>
/// <param name="Highest">The upper end of the interval.</param>
public readonly record struct DriftEstimate(double PartsPerMillion, double Lowest, double Highest);

/// <summary>The offset according to one exchange.</summary>
/// <param name="AtNs">The time on the client's monotonic clock since tick 0 was due.</param>
/// <param name="OffsetNs">How far the server's wall clock is ahead of the client's.</param>
/// <param name="DelayNs">The delay that bounds its error.</param>
internal readonly record struct OffsetPoint(long AtNs, long OffsetNs, long DelayNs)
{
    /// <summary>The larger of the delays on the monotonic and on the wall clocks. If a thread was interrupted between
    /// reading the two clocks, the smaller delay is too small, and the filter would prefer exactly this
    /// exchange.</summary>
    public static OffsetPoint Of(in Exchange exchange)
    {
        long wallDelay = exchange.T4.WallNs - exchange.T1.WallNs - (exchange.T3.WallNs - exchange.T2.WallNs);
        return new OffsetPoint(exchange.T1.MonotonicNs, exchange.OffsetNs, Math.Max(exchange.DelayNs, wallDelay));
    }
}
