using System.Diagnostics;

namespace Hawser.Benchmarks.Numbers;

/// <summary>
/// Runs the methods of the benchmarks in turns, round by round, so that a busy machine slows all alike, and prints the
/// median, the quartiles, and the median ratio to the first of each class.
/// </summary>
internal static class Steps
{
    internal static void Run(int rounds)
    {
        GenerationBenchmarks generation = new();
        FormatBenchmarks format = new();
        format.Widen();
        ParseBenchmarks parse = new();
        SortBenchmarks sort = new();
        Run(rounds, [("Random.Next", generation.RandomNext), ("portable", generation.Portable),
            ("vectors", generation.Fill), ("vectors, with formatting", generation.FillAndFormatInChunks)]);
        Run(rounds, [("Utf8Formatter", () => format.Utf8FormatterPerNumber()), ("portable", () => format.Portable()),
            ("vectors", () => format.Format()), ("64-bit numbers", () => format.Format64Bit())]);
        Run(rounds, [("Utf8Parser", () => parse.Utf8ParserPerNumber()), ("portable", () => parse.Portable()),
            ("vectors", () => parse.Parse()), ("vectors, pieces of 16 KiB", () => parse.ParseInPiecesOf16KiB())]);
        Run(rounds, [("Span.Sort", sort.SpanSort), ("radix", sort.Radix), ("vectors", sort.Sort)]);
    }

    private static void Run(int rounds, (string Name, Action Step)[] steps)
    {
        double[][] times = [.. steps.Select(_ => new double[rounds])];
        // The rounds before the first only warm up.
        for (int round = -rounds; round < rounds; round++)
        {
            for (int i = 0; i < steps.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                steps[i].Step();
                if (round >= 0)
                    times[i][round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }
        for (int i = 0; i < steps.Length; i++)
        {
            double ratio = times[i].Zip(times[0], (mine, first) => mine / first).Order().ElementAt(rounds / 2);
            double[] all = [.. times[i].Order()];
            Console.WriteLine($"{steps[i].Name,-26} median {all[rounds / 2],7:F3}  "
                + $"quartiles {all[rounds / 4]:F3} {all[3 * rounds / 4]:F3}  ratio {ratio:F3}");
        }
    }
}
