using System.Runtime.CompilerServices;

namespace Hawser.Services.Numbers;

/// <summary>
/// The words of the SplitMix64 generator by position: word <c>p</c> of state <c>s</c> depends on nothing else.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with the constants of
/// java.util.SplittableRandom.
/// </summary>
internal static class SplitMix64
{
    internal const ulong Gamma = 0x9E3779B97F4A7C15;
    internal const ulong First = 0xBF58476D1CE4E5B9;
    internal const ulong Second = 0x94D049BB133111EB;

    /// <summary>The word at a position, the first being position 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Word(ulong state, ulong position) => Mix(state + ((position + 1) * Gamma));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * First;
        z = (z ^ (z >> 27)) * Second;
        return z ^ (z >> 31);
    }
}
