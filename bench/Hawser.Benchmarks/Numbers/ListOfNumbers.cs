using Hawser.Services.Numbers;

namespace Hawser.Benchmarks.Numbers;

/// <summary>The list that the numbers benchmarks work on: the exercise's count and range, seed 42.</summary>
internal static class ListOfNumbers
{
    internal const int Count = NumbersProtocol.DefaultCount;

    internal static NumberGenerator Generator { get; } = NumberGenerator.ForList(42, 0, NumberRange.Default);

    internal static int[] Make()
    {
        int[] numbers = new int[Count];
        Generator.Fill(0, numbers);
        return numbers;
    }

    internal static byte[] MakeText()
    {
        byte[] text = new byte[Count * NumberFormatter.MaxBytes32];
        NumberListWriter writer = new(Generator, Count);
        return text[..writer.Write(text)];
    }
}
