using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Results;

/// <summary>Rounds of a bench. Each measures everything once, in shuffled order, so that other activity on the machine
/// affects all alike. After a failed measurement the run continues.</summary>
internal sealed class Rounds
{
    private readonly ResultPage _page;
    private readonly Random _random;
    private readonly List<string> _failures = [];

    /// <param name="page">Rewritten after every round.</param>
    /// <param name="arguments">The options <c>--rounds</c> and <c>--seed</c> (of the order).</param>
    /// <param name="otherwise">The default number of rounds.</param>
    /// <param name="quick">Rounds of a quick run.</param>
    public Rounds(ResultPage page, Arguments arguments, int otherwise, int quick = 1)
    {
        _page = page;
        _random = new Random(arguments.Number("seed", 1));
        Count = arguments.Number("rounds", otherwise, quick);
        if (Count < 1)
            throw new FormatException("--rounds must be 1 or more");
    }

    /// <summary>Number of counted rounds.</summary>
    public int Count { get; }

    /// <summary>Measures all rounds.</summary>
    /// <param name="entries">What to measure.</param>
    /// <param name="nameOf">The name of an entry.</param>
    /// <param name="measureAsync">Measures an entry, keeps its figures and returns a line of progress.</param>
    /// <param name="write">Writes the page from the results so far.</param>
    /// <param name="hasWarmUp">Starts with a round 0 that does not count.</param>
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

    /// <summary>Writes the page, including the failures.</summary>
    /// <exception cref="BenchException">A measurement failed.</exception>
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
                $"{_failures.Count} measurements failed, first: {_failures[0]}; see the page");
        }
    }

    /// <summary>Measures one entry; keeps a failure for the end.</summary>
    /// <param name="round">The round; 0 does not count.</param>
    /// <param name="name">The name of the entry.</param>
    /// <param name="measureAsync">Measures it and returns a line of progress.</param>
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
