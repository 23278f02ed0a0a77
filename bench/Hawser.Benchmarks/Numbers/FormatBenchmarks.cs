using System.Buffers.Text;
using BenchmarkDotNet.Attributes;
using Hawser.Services.Numbers;

namespace Hawser.Benchmarks.Numbers;

public class FormatBenchmarks
{
    private readonly int[] _numbers = ListOfNumbers.Make();
    private readonly byte[] _text = new byte[ListOfNumbers.Count * NumberFormatter.MaxBytes64];
    private long[] _wide = [];

    [GlobalSetup]
    public void Widen() => _wide = Array.ConvertAll(_numbers, number => number * 4_000_000_007L);

    [Benchmark(Baseline = true)]
    public int Utf8FormatterPerNumber()
    {
        int written = 0;
        foreach (int number in _numbers)
        {
            Utf8Formatter.TryFormat(number, _text.AsSpan(written), out int length);
            written += length;
            _text[written++] = NumbersProtocol.Separator;
        }
        return written;
    }

    [Benchmark]
    public int Portable() => NumberFormatter.FormatPortable(_numbers, _text, out _);

    [Benchmark]
    public int Format() => NumberFormatter.Format(_numbers, _text, out _);

    [Benchmark]
    public int Format64Bit() => NumberFormatter.Format(_wide, _text, out _);
}
