using BenchmarkDotNet.Attributes;
using Hawser.Services.Numbers;

namespace Hawser.Benchmarks.Numbers;

public class GenerationBenchmarks
{
    private readonly int[] _numbers = new int[ListOfNumbers.Count];
    private readonly byte[] _chunk = new byte[64 * 1024];
    private readonly Random _random = new(42);

    [Benchmark(Baseline = true)]
    public void RandomNext()
    {
        for (int i = 0; i < _numbers.Length; i++)
            _numbers[i] = _random.Next(-999_999_999, 1_000_000_000);
    }

    [Benchmark]
    public void Portable() => ListOfNumbers.Generator.FillPortable(0, _numbers);

    [Benchmark]
    public void Fill() => ListOfNumbers.Generator.Fill(0, _numbers);

    [Benchmark]
    public void FillAndFormatInChunks()
    {
        NumberListWriter writer = new(ListOfNumbers.Generator, ListOfNumbers.Count);
        while (!writer.IsDone)
            writer.Write(_chunk);
    }
}
