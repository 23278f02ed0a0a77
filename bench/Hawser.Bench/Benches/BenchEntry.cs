namespace Hawser.Bench.Benches;

/// <summary>An entry of the list of benches.</summary>
/// <param name="Name">Its verb.</param>
/// <param name="Summary">What it measures.</param>
/// <param name="Minutes">Approximate duration with default options.</param>
/// <param name="RunAsync">Runs it.</param>
internal sealed record BenchEntry(string Name, string Summary, double Minutes, Func<Arguments, Task> RunAsync)
{
    private const double QuickMinutes = 0.4;

    /// <summary>Other programs that it uses; it skips what is not installed.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>Minutes that <c>--full</c> adds.</summary>
    public double FullMinutes { get; init; }

    /// <summary>Approximate duration.</summary>
    public TimeSpan TimeOf(Arguments arguments) => TimeSpan.FromMinutes(
        arguments.IsQuick ? QuickMinutes : Minutes + (arguments.IsFull ? FullMinutes : 0));

    /// <summary>Time limit; a bench that takes longer has failed.</summary>
    public TimeSpan LimitOf(Arguments arguments) => 3 * TimeOf(arguments) + TimeSpan.FromMinutes(2);
}
