using System.Diagnostics;
using Hawser.Services.Numbers;

namespace Hawser.Benchmarks.Numbers;

/// <summary>
/// The four stages a sorted list goes through, timed and printed as <c>bench/reference/numbers/stages.cpp</c> does, so
/// that the two can be run in turns: a comparison across minutes compares the neighbours on the machine.
/// </summary>
internal static class Stages
{
    private static readonly string[] Names = ["format", "parse", "sort", "format sorted", "all four"];

    internal static void Run(int rounds)
    {
        int[] unsorted = ListOfNumbers.Make();
        byte[] text = new byte[ListOfNumbers.Count * NumberFormatter.MaxBytes32];
        byte[] sorted = new byte[text.Length];
        double[][] times = [.. Names.Select(_ => new double[rounds])];
        for (int round = -rounds / 4; round < rounds; round++)
        {
            int length = 0;
            using NumberParser parser = new();
            double[] stages =
            [
                Milliseconds(() => length = NumberFormatter.Format(unsorted, text, out _) - 1),
                Milliseconds(() =>
                {
                    parser.Append(text.AsSpan(0, length));
                    parser.Finish(ListOfNumbers.Count);
                }),
                Milliseconds(parser.List.Sort),
                Milliseconds(() =>
                {
                    int position = 0;
                    length = parser.List.Format(ref position, sorted);
                }),
            ];
            // The rounds before the first only warm up.
            for (int i = 0; i < Names.Length && round >= 0; i++)
                times[i][round] = i < stages.Length ? stages[i] : stages.Sum();
        }
        for (int i = 0; i < Names.Length; i++)
        {
            double[] all = [.. times[i].Order()];
            Console.WriteLine(
                $"{Names[i],-14} median {all[rounds / 2]:F3}  quartiles {all[rounds / 4]:F3} {all[3 * rounds / 4]:F3}");
        }
    }

    private static double Milliseconds(Action stage)
    {
        long start = Stopwatch.GetTimestamp();
        stage();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
