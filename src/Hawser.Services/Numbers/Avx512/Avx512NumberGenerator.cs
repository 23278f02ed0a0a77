using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>Generates eight 32-bit numbers at once.</summary>
internal static class Avx512NumberGenerator
{
    /// <summary>The numbers that one step generates.</summary>
    internal const int Step = 8;

    internal static bool IsSupported => Avx512DQ.IsSupported;

    /// <summary>Fills with the numbers from a position on, by eights, up to the first eight with a word to be drawn
    /// again. See <see cref="NumberGenerator"/> for the formula.</summary>
    /// <param name="state">The list's state.</param>
    /// <param name="position">The position of the first number.</param>
    /// <param name="min">The smallest possible number.</param>
    /// <param name="span">How many numbers are possible; at most 2^32 - 1.</param>
    /// <param name="rejectedBelow">A word is drawn again if the lower 64 bits of its product with the span are
    /// less.</param>
    /// <param name="numbers">Where they go.</param>
    /// <returns>How many numbers were generated.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Fill(
        ulong state, long position, int min, uint span, ulong rejectedBelow, Span<int> numbers)
    {
        Vector512<uint> spans = Vector512.Create((ulong)span).AsUInt32();
        Vector512<ulong> limits = Vector512.Create(rejectedBelow);
        Vector256<int> mins = Vector256.Create(min);
        ref int start = ref MemoryMarshal.GetReference(numbers);
        int done = 0;
        for (; done <= numbers.Length - Step; done += Step)
        {
            Vector512<ulong> words = Words(state, (ulong)(position + done));
            // The 96-bit product of a word and the 32-bit span, as its upper 64 bits and its lower 32.
            Vector512<ulong> low = Avx512F.Multiply(words.AsUInt32(), spans);
            Vector512<ulong> high = Avx512F.Multiply((words >> 32).AsUInt32(), spans) + (low >> 32);
            Vector512<ulong> fraction = (high << 32) | (low & Vector512.Create((ulong)uint.MaxValue));
            if (Vector512.LessThanAny(fraction, limits))
                break;
            (Avx512F.ConvertToVector256Int32(high >> 32) + mins).StoreUnsafe(ref start, (nuint)done);
        }
        return done;
    }

    /// <summary>The eight words of <see cref="SplitMix64"/> from a position on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Words(ulong state, ulong position)
    {
        Vector512<ulong> z = Vector512.Create(state + ((position + 1) * SplitMix64.Gamma))
            + (Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7) * SplitMix64.Gamma);
        z = (z ^ (z >> 30)) * SplitMix64.First;
        z = (z ^ (z >> 27)) * SplitMix64.Second;
        return z ^ (z >> 31);
    }
}
