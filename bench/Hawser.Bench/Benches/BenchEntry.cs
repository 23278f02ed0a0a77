namespace Hawser.Bench.Benches;

/// <summary>An entry of the list of benches.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Summary">What it measures.</param>
/// <param name="Minutes">What it takes, about, with the options that it has when nobody says.</param>
/// <param name="RunAsync">Runs it.</param>
internal sealed record BenchEntry(string Name, string Summary, double Minutes, Func<Arguments, Task> RunAsync)
{
    private const double QuickMinutes = 0.4;

    /// <summary>Programs of others that it uses; without them it leaves something out.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>Minutes that <c>--full</c> adds.</summary>
    public double FullMinutes { get; init; }

    /// <summary>What it takes, about.</summary>
    public TimeSpan TimeOf(Arguments arguments) => TimeSpan.FromMinutes(
        arguments.IsQuick ? QuickMinutes : Minutes + (arguments.IsFull ? FullMinutes : 0));

    /// <summary>What it takes at the most: longer than that something is wrong.</summary>
    public TimeSpan LimitOf(Arguments arguments) => 3 * TimeOf(arguments) + TimeSpan.FromMinutes(2);
}
