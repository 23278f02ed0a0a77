using BenchmarkDotNet.Attributes;
using Hawser.Services.Numbers;

namespace Hawser.Benchmarks.Numbers;

/// <summary>What a list goes through on one core: format, parse, sort, format. The C++ reference times the
/// same.</summary>
public class WholeListBenchmarks
{
    private readonly int[] _unsorted = ListOfNumbers.Make();
    private readonly byte[] _text = new byte[ListOfNumbers.Count * NumberFormatter.MaxBytes32];

    [Benchmark]
    public int FormatParseSortFormat()
    {
        int length = NumberFormatter.Format(_unsorted, _text, out _) - 1;
        using NumberParser parser = new();
        parser.Append(_text.AsSpan(0, length));
        parser.Finish(ListOfNumbers.Count);
        parser.List.Sort();
        int position = 0;
        return parser.List.Format(ref position, _text);
    }
}
