namespace Hawser.Services.Clock.Statistics;

/// <summary>Delay over time in at most 480 columns, each with minimum, mean and maximum. When all are used, neighbours
/// are merged, so that memory is constant.</summary>
internal sealed class DelayTrace
{
    private const int MostColumns = 480;
    private const long FirstWidthNs = 1_000_000;

    private readonly TraceColumn[] _columns = new TraceColumn[MostColumns];

    /// <summary>The time that a column covers.</summary>
    public long ColumnNs { get; private set; } = FirstWidthNs;

    /// <summary>The columns with an exchange, each with its begin.</summary>
    public IEnumerable<(long AtNs, TraceColumn Column)> Columns() =>
        _columns.Select((column, i) => (i * ColumnNs, column)).Where(entry => entry.column.Count > 0);

    public void Take(long atNs, long delayNs)
    {
        long at = Math.Max(0, atNs);
        while (at / ColumnNs >= MostColumns)
            Merge();
        ref TraceColumn column = ref _columns[at / ColumnNs];
        column = column.With(new TraceColumn(1, delayNs, delayNs, delayNs));
    }

    private void Merge()
    {
        for (int i = 0; i < MostColumns; i++)
        {
            int left = 2 * i;
            _columns[i] = left < MostColumns ? _columns[left].With(_columns[left + 1]) : default;
        }

        ColumnNs *= 2;
    }
}

/// <summary>The delays of one column, in nanoseconds.</summary>
internal readonly record struct TraceColumn(long Count, long MinNs, long MaxNs, double SumNs)
{
    public double MeanNs => SumNs / Count;

    public TraceColumn With(TraceColumn other) =>
        Count == 0 ? other
        : other.Count == 0 ? this
        : new TraceColumn(
            Count + other.Count, Math.Min(MinNs, other.MinNs), Math.Max(MaxNs, other.MaxNs), SumNs + other.SumNs);
}
