using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Hawser.Services.Numbers.Avx512;

namespace Hawser.Services.Numbers;

/// <summary>
/// The numbers of one list. Number <c>p</c> of list <c>i</c> of seed <c>S</c> is the same everywhere and depends on no
/// other number, so that anyone can verify a list. In Python:
/// <code>
/// M = 2**64 - 1
/// def word(state, position):                     # SplitMix64, by position
///     z = state + (position + 1) * 0x9E3779B97F4A7C15 &amp; M
///     z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 &amp; M
///     z = (z ^ z >> 27) * 0x94D049BB133111EB &amp; M
///     return z ^ z >> 31
/// def number(seed, index, position, low, high):
///     span = high - low + 1
///     w = word(word(seed, index), position)
///     while w * span % 2**64 &lt; 2**64 % span:     # the words that would make some numbers likelier
///         w = word(w, 0)
///     return low + (w * span >> 64)
/// </code>
/// The map to the range is unbiased: Lemire, "Fast random integer generation in an interval", 2019.
/// Positions and indices count from 0. Immutable; threads may share one.
/// </summary>
internal sealed class NumberGenerator
{
    private readonly ulong _state;
    private readonly long _min;
    private readonly ulong _span;
    // A word is drawn again if the lower 64 bits of its product with the span are less.
    private readonly ulong _rejectedBelow;

    private NumberGenerator(ulong state, NumberRange range)
    {
        _state = state;
        _min = range.Min;
        _span = range.Span;
        _rejectedBelow = _span == 0 ? 0 : unchecked(0 - _span) % _span;
        Is32Bit = range.Is32Bit;
    }

    /// <summary>Whether every number fits 32 bits, and the overload of <c>Fill</c> for them may be used.</summary>
    internal bool Is32Bit { get; }

    /// <summary>The list of a seed and an index, the same everywhere.</summary>
    internal static NumberGenerator ForList(ulong seed, long index, NumberRange range)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new(SplitMix64.Word(seed, (ulong)index), range);
    }

    /// <summary>An unpredictable list. Its state is 64 bits of the system's entropy.</summary>
    internal static NumberGenerator Unseeded(NumberRange range)
    {
        Span<byte> state = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(state);
        return new(BinaryPrimitives.ReadUInt64LittleEndian(state), range);
    }

    /// <summary>The number at a position.</summary>
    internal long NumberAt(long position) => FromWord(SplitMix64.Word(_state, (ulong)position));

    /// <summary>Fills with the numbers from a position on. Only for a generator that <see cref="Is32Bit"/>.</summary>
    internal void Fill(long position, Span<int> numbers)
    {
        int done = 0;
        if (Avx512NumberGenerator.IsSupported && _span <= uint.MaxValue)
        {
            for (; numbers.Length - done >= Avx512NumberGenerator.Step; done += Avx512NumberGenerator.Step)
            {
                done += Avx512NumberGenerator.Fill(
                    _state, position + done, (int)_min, (uint)_span, _rejectedBelow, numbers[done..]);
                if (numbers.Length - done < Avx512NumberGenerator.Step)
                    break;
                // One of these eight is drawn again.
                FillPortable(position + done, numbers.Slice(done, Avx512NumberGenerator.Step));
            }
        }
        FillPortable(position + done, numbers[done..]);
    }

    /// <summary>Fills with the numbers from a position on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Fill(long position, Span<long> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = NumberAt(position + i);
    }

    /// <inheritdoc cref="Fill(long, Span{int})"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void FillPortable(long position, Span<int> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = (int)NumberAt(position + i);
    }

    private long FromWord(ulong word)
    {
        if (_span == 0)
            return (long)(word + (ulong)_min);
        ulong offset = Math.BigMul(word, _span, out ulong fraction);
        while (fraction < _rejectedBelow)
        {
            word = SplitMix64.Word(word, 0);
            offset = Math.BigMul(word, _span, out fraction);
        }
        return (long)(offset + (ulong)_min);
    }
}
