namespace Hawser.Services.Clock.Statistics;

/// <summary>A sample of at most 1,500 exchanges at equal distances: every n-th one; n doubles when the sample is
/// full.</summary>
internal sealed class OffsetSample
{
    private const int MostPoints = 1500;

    private readonly List<OffsetPoint> _points = [];
    private long _seen;
    private long _stride = 1;

    public IReadOnlyList<OffsetPoint> Points => _points;

    /// <summary>Restarts, as <see cref="OffsetFilter.Restart"/> does.</summary>
    public void Restart()
    {
        _points.Clear();
        _seen = 0;
        _stride = 1;
    }

    public void Take(OffsetPoint point)
    {
        if (_seen++ % _stride != 0)
            return;
        if (_points.Count == MostPoints)
        {
            for (int i = 0; i < MostPoints / 2; i++)
                _points[i] = _points[2 * i];
            _points.RemoveRange(MostPoints / 2, MostPoints / 2);
            _stride *= 2;
            if ((_seen - 1) % _stride != 0)
                return;
        }

        _points.Add(point);
    }
}
