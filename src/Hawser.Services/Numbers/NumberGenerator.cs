using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Hawser.Services.Numbers;

/// <summary>
/// The numbers of one list. Number <c>p</c> of list <c>i</c> of seed <c>S</c> is the same everywhere and needs no other
/// number to be computed, so that anybody can check a list. In Python:
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
/// Positions and indices count from 0. Immutable, so that threads may share one.
/// </summary>
internal sealed class NumberGenerator
{
    private readonly ulong _state;
    private readonly long _min;
    private readonly ulong _span;
    // Words whose product with the span has lower 64 bits below this are drawn again.
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

    /// <summary>The list that everybody gets for this seed and index.</summary>
    internal static NumberGenerator ForList(ulong seed, long index, NumberRange range)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new(SplitMix64.Word(seed, (ulong)index), range);
    }

    /// <summary>A list nobody can foretell: its state is 64 bits from the system's entropy.</summary>
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
        if (Avx512DQ.IsSupported && _span <= uint.MaxValue)
            FillAvx512(position, numbers);
        else
            FillPortable(position, numbers);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillAvx512(long position, Span<int> numbers)
    {
        Vector512<uint> span = Vector512.Create(_span).AsUInt32();
        Vector512<ulong> rejectedBelow = Vector512.Create(_rejectedBelow);
        Vector256<int> min = Vector256.Create((int)_min);
        ref int start = ref MemoryMarshal.GetReference(numbers);
        int done = 0;
        for (; done <= numbers.Length - 8; done += 8)
        {
            Vector512<ulong> words = SplitMix64.EightWords(_state, (ulong)(position + done));
            // The 96-bit product of a word and the 32-bit span, as its upper 64 bits and its lower 32.
            Vector512<ulong> low = Avx512F.Multiply(words.AsUInt32(), span);
            Vector512<ulong> high = Avx512F.Multiply((words >> 32).AsUInt32(), span) + (low >> 32);
            Vector512<ulong> fraction = (high << 32) | (low & Vector512.Create((ulong)uint.MaxValue));
            if (Vector512.LessThanAny(fraction, rejectedBelow))
                FillPortable(position + done, numbers.Slice(done, 8));
            else
                (Avx512F.ConvertToVector256Int32(high >> 32) + min).StoreUnsafe(ref start, (nuint)done);
        }
        FillPortable(position + done, numbers[done..]);
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
