using BenchmarkDotNet.Attributes;
using Hawser.Services.Numbers;

namespace Hawser.Benchmarks.Numbers;

/// <summary>Each includes copying the unsorted numbers, which <see cref="Copy"/> shows alone.</summary>
public class SortBenchmarks
{
    private readonly int[] _unsorted = ListOfNumbers.Make();
    private readonly int[] _numbers = new int[ListOfNumbers.Count];
    private readonly int[] _scratch = new int[NumberSorter.ScratchLength(ListOfNumbers.Count)];

    [Benchmark]
    public void Copy() => _unsorted.CopyTo(_numbers, 0);

    [Benchmark(Baseline = true)]
    public void SpanSort()
    {
        Copy();
        _numbers.AsSpan().Sort();
    }

    [Benchmark]
    public void Radix()
    {
        Copy();
        RadixSorter.Sort<int>(_numbers, _scratch);
    }

    [Benchmark]
    public void Sort()
    {
        Copy();
        NumberSorter.Sort(_numbers, _scratch);
    }
}
