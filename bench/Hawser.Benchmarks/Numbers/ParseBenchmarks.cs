using System.Buffers.Text;
using BenchmarkDotNet.Attributes;
using Hawser.Services.Numbers;
using Hawser.Services.Numbers.Avx512;

namespace Hawser.Benchmarks.Numbers;

public class ParseBenchmarks
{
    private readonly byte[] _text = ListOfNumbers.MakeText();
    private readonly int[] _numbers = new int[ListOfNumbers.Count];

    [Benchmark(Baseline = true)]
    public int Utf8ParserPerNumber()
    {
        ReadOnlySpan<byte> rest = _text;
        int count = 0;
        while (Utf8Parser.TryParse(rest, out int number, out int length))
        {
            _numbers[count++] = number;
            if (length == rest.Length)
                break;
            rest = rest[(length + 1)..];
        }
        return count;
    }

    [Benchmark]
    public int Portable() => Parse(vectorized: false, piece: int.MaxValue);

    [Benchmark]
    public int Parse() => Parse(Avx512NumberParser.IsSupported, piece: int.MaxValue);

    [Benchmark]
    public int ParseInPiecesOf16KiB() => Parse(Avx512NumberParser.IsSupported, piece: 16 * 1024);

    private int Parse(bool vectorized, int piece)
    {
        using NumberParser parser = new(ListOfNumbers.Count, NumbersProtocol.MaxCount, vectorized);
        for (int at = 0; at < _text.Length;)
        {
            int length = Math.Min(piece, _text.Length - at);
            parser.Append(_text.AsSpan(at, length));
            at += length;
        }
        parser.Finish(ListOfNumbers.Count);
        return parser.List.Count;
    }
}
