using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hawser.Services.Numbers;

/// <summary>
/// Generates a list as text, one buffer at a time, so that a connection needs a single buffer and an event loop can
/// serve others in between. The text does not depend on the lengths of the buffers.
/// </summary>
internal sealed class NumberListWriter(NumberGenerator generator, long count)
{
    // Fits the stack and the first-level cache, and makes the cost of starting a block negligible.
    private const int Block = 512;

    // The rest of a number that did not fit the previous buffer.
    private readonly byte[] _pending = new byte[NumberFormatter.MaxBytes64];
    private int _pendingStart;
    private int _pendingEnd;
    private long _position;

    /// <summary>Whether the whole list has been written.</summary>
    internal bool IsDone => _position == count && _pendingStart == _pendingEnd;

    /// <summary>Writes the next piece, which fills the buffer unless it is the last.</summary>
    /// <returns>The bytes written; 0 if the buffer is empty or the list is done.</returns>
    internal int Write(Span<byte> destination)
    {
        int written = TakePending(destination);
        while (_position < count && written < destination.Length)
        {
            int length = WriteBlock(destination[written..]);
            written += length;
            if (length == 0)
            {
                FormatPending();
                written += TakePending(destination[written..]);
            }
        }
        return written;
    }

    [SkipLocalsInit]
    private int WriteBlock(Span<byte> destination)
    {
        int most = (int)Math.Min(Block, count - _position);
        int length;
        int consumed;
        if (generator.Is32Bit)
        {
            // Only as many as certainly fit, so that no number is generated twice; near the end, one by one.
            most = Math.Min(most, Math.Max(1, destination.Length / NumberFormatter.MaxBytes32));
            Span<int> numbers = stackalloc int[Block];
            numbers = numbers[..most];
            generator.Fill(_position, numbers);
            length = NumberFormatter.Format(numbers, destination, out consumed);
        }
        else
        {
            most = Math.Min(most, Math.Max(1, destination.Length / NumberFormatter.MaxBytes64));
            Span<long> numbers = stackalloc long[Block];
            numbers = numbers[..most];
            generator.Fill(_position, numbers);
            length = NumberFormatter.Format(numbers, destination, out consumed);
        }
        _position += consumed;
        return _position == count && consumed > 0 ? length - 1 : length;
    }

    private void FormatPending()
    {
        long number = generator.NumberAt(_position++);
        _pendingStart = 0;
        _pendingEnd = NumberFormatter.Format(MemoryMarshal.CreateReadOnlySpan(ref number, 1), _pending, out _);
        if (_position == count)
            _pendingEnd--;
    }

    private int TakePending(Span<byte> destination)
    {
        int length = Math.Min(destination.Length, _pendingEnd - _pendingStart);
        _pending.AsSpan(_pendingStart, length).CopyTo(destination);
        _pendingStart += length;
        return length;
    }
}
