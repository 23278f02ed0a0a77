using System.Buffers;

namespace Hawser.Services.Numbers;

/// <summary>
/// A growing list of numbers in rented memory: 32 bits per number until the first that needs more, then 64. Not for
/// several threads at once. Disposing returns the memory, after which no span of it may be used.
/// </summary>
internal sealed class NumberList(int capacity) : IDisposable
{
    private int[] _narrow = ArrayPool<int>.Shared.Rent(Math.Max(capacity, 16));
    private long[] _wide = [];

    /// <summary>The number of numbers.</summary>
    internal int Count { get; private set; }

    /// <summary>Whether the numbers are in <see cref="Wide"/> rather than in <see cref="Narrow"/>.</summary>
    internal bool IsWide { get; private set; }

    /// <summary>The numbers while all fit 32 bits, else empty. Valid until the next one is added.</summary>
    internal Span<int> Narrow => IsWide ? [] : _narrow.AsSpan(0, Count);

    /// <summary>The numbers once one exceeds 32 bits, else empty. Valid until the next one is added.</summary>
    internal Span<long> Wide => IsWide ? _wide.AsSpan(0, Count) : [];

    /// <summary>The number at a position.</summary>
    internal long this[int position] => IsWide ? Wide[position] : Narrow[position];

    internal void Add(long number)
    {
        if (!IsWide)
        {
            if (number == (int)number)
            {
                if (Count == _narrow.Length)
                    Grow(ref _narrow, Count + 1);
                _narrow[Count++] = (int)number;
                return;
            }
            Widen();
        }
        if (Count == _wide.Length)
            Grow(ref _wide, Count + 1);
        _wide[Count++] = number;
    }

    /// <summary>Space for more 32-bit numbers, to be followed by <see cref="Advance"/>. Only while not wide.</summary>
    internal Span<int> Reserve(int more)
    {
        if (_narrow.Length - Count < more)
            Grow(ref _narrow, Count + more);
        return _narrow.AsSpan(Count);
    }

    /// <summary>Adds numbers that were written to the reserved space.</summary>
    internal void Advance(int added) => Count += added;

    /// <summary>Sorts ascending, in place.</summary>
    internal void Sort()
    {
        if (IsWide)
            NumberSorter.Sort(Wide);
        else
            NumberSorter.Sort(Narrow);
    }

    /// <summary>
    /// Writes as many numbers as fit, from <paramref name="position"/>, which it advances. A comma follows each
    /// number but the last of the list.
    /// </summary>
    /// <returns>The bytes written; 0 if no number fits or none is left.</returns>
    internal int Format(ref int position, Span<byte> destination)
    {
        int written = IsWide
            ? NumberFormatter.Format(Wide[position..], destination, out int consumed)
            : NumberFormatter.Format(Narrow[position..], destination, out consumed);
        position += consumed;
        return position == Count && consumed > 0 ? written - 1 : written;
    }

    public void Dispose()
    {
        Return(ref _narrow);
        Return(ref _wide);
        Count = 0;
    }

    private void Widen()
    {
        _wide = ArrayPool<long>.Shared.Rent(_narrow.Length);
        for (int i = 0; i < Count; i++)
            _wide[i] = _narrow[i];
        Return(ref _narrow);
        IsWide = true;
    }

    private void Grow<T>(ref T[] numbers, int needed)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, 2 * numbers.Length));
        numbers.AsSpan(0, Count).CopyTo(larger);
        Return(ref numbers);
        numbers = larger;
    }

    private static void Return<T>(ref T[] numbers)
    {
        if (numbers.Length > 0)
            ArrayPool<T>.Shared.Return(numbers);
        numbers = [];
    }
}
