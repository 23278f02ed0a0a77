using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Results;

/// <summary>Rounds of a bench: each measures everything once, in an order that is shuffled anew, so that whatever else
/// happens on the machine hits all alike. One measurement that fails does not take the others with it.</summary>
internal sealed class Rounds
{
    private readonly ResultPage _page;
    private readonly Random _random;
    private readonly List<string> _failures = [];

    /// <param name="page">Written anew after every round.</param>
    /// <param name="arguments">Of these <c>--rounds</c>, and <c>--seed</c> of the shuffling.</param>
    /// <param name="otherwise">Rounds when nobody says.</param>
    /// <param name="quick">Rounds of a quick run.</param>
    public Rounds(ResultPage page, Arguments arguments, int otherwise, int quick = 1)
    {
        _page = page;
        _random = new Random(arguments.Number("seed", 1));
        Count = arguments.Number("rounds", otherwise, quick);
        if (Count < 1)
            throw new FormatException("--rounds must be 1 or more");
    }

    /// <summary>Rounds that are counted.</summary>
    public int Count { get; }

    /// <summary>Measures all rounds.</summary>
    /// <param name="entries">What is measured.</param>
    /// <param name="nameOf">What it is called.</param>
    /// <param name="measureAsync">Measures one in a round, keeps the figures, and gives what to tell of them.</param>
    /// <param name="write">Writes the page from what there is.</param>
    /// <param name="hasWarmUp">Begins with a round 0, which is not to be counted.</param>
    public async Task RunAsync<T>(
        IEnumerable<T> entries, Func<T, string> nameOf, Func<int, T, Task<string>> measureAsync, Action<Markdown> write,
        bool hasWarmUp = false)
    {
        T[] order = [.. entries];
        long begin = Stopwatch.GetTimestamp();
        int first = hasWarmUp ? 0 : 1;
        for (int round = first; round <= Count; round++)
        {
            _random.Shuffle(order);
            foreach (T entry in order)
                await MeasureAsync(round, nameOf(entry), () => measureAsync(round, entry));
            TimeSpan left = Stopwatch.GetElapsedTime(begin) / (round - first + 1) * (Count - round);
            if (round > 0 && round < Count)
                _page.SaveUnfinished(write, $"{round} of {Count} rounds");
            await Console.Error.WriteLineAsync($"round {round} of {Count} done; about {left.TotalMinutes:0.0} min");
        }
    }

    /// <summary>Writes the page, and what failed into it.</summary>
    /// <exception cref="BenchException">Something failed.</exception>
    public void Finish(Action<Markdown> write)
    {
        _page.Save(text =>
        {
            write(text);
            foreach (string failure in _failures)
                text.Line($"- Failed: {failure}");
        });
        if (_failures.Count > 0)
        {
            throw new BenchException(
                $"{_failures.Count} measurements failed, first: {_failures[0]}; the page has the others");
        }
    }

    /// <summary>Measures one thing; its failure is kept for the end.</summary>
    /// <param name="round">In which round; 0 for one that is not counted.</param>
    /// <param name="name">What is measured.</param>
    /// <param name="measureAsync">Measures it, and gives what to tell of it.</param>
    public async Task MeasureAsync(int round, string name, Func<Task<string>> measureAsync)
    {
        try
        {
            await Console.Error.WriteLineAsync($"round {round} of {Count}: {name}: {await measureAsync()}");
        }
        catch (Exception e) when (e is BenchException or IOException or JsonException or FormatException)
        {
            string failure = $"{name}, round {round}: {Repository.WithoutRoot(e.Message)}";
            _failures.Add(failure);
            await Console.Error.WriteLineAsync($"FAILED: {failure}");
        }
    }
}
