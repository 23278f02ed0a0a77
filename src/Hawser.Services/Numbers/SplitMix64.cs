using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hawser.Services.Numbers;

/// <summary>
/// The words of the SplitMix64 generator, by position: word <c>p</c> of state <c>s</c> depends on nothing but the two.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with the constants of
/// java.util.SplittableRandom.
/// </summary>
internal static class SplitMix64
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const ulong First = 0xBF58476D1CE4E5B9;
    private const ulong Second = 0x94D049BB133111EB;

    /// <summary>The word at a position, the first being position 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Word(ulong state, ulong position) => Mix(state + ((position + 1) * Gamma));

    /// <summary>The eight words from a position on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<ulong> EightWords(ulong state, ulong position)
    {
        Vector512<ulong> z = Vector512.Create(state + ((position + 1) * Gamma))
            + (Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7) * Gamma);
        z = (z ^ (z >> 30)) * First;
        z = (z ^ (z >> 27)) * Second;
        return z ^ (z >> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * First;
        z = (z ^ (z >> 27)) * Second;
        return z ^ (z >> 31);
    }
}
