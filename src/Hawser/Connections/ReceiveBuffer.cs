namespace Hawser.Connections;

/// <summary>Received but unread bytes, in memory rented only while there are some. A peer that fills the buffer gets a
/// larger one next time, within <see cref="ReceiveMemory"/>.</summary>
internal struct ReceiveBuffer()
{
    private byte[]? _bytes;
    private int _nextBytes = ReceiveMemory.SmallBytes;
    private int _start;
    private int _end;
    private int _counted;

    /// <summary>Unread bytes.</summary>
    public readonly int Count => _end - _start;

    public readonly bool IsEmpty => _end == _start;

    /// <summary>The unread bytes; valid until the next call that changes the buffer.</summary>
    public readonly ReadOnlyMemory<byte> Content => _bytes.AsMemory(_start, _end - _start);

    /// <summary>The same bytes, cheaper to search.</summary>
    public readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Removes bytes. They stay valid until <see cref="MakeRoom"/> or <see cref="Return"/>.</summary>
    public ReadOnlyMemory<byte> Take(int count)
    {
        ReadOnlyMemory<byte> taken = _bytes.AsMemory(_start, count);
        _start += count;
        return taken;
    }

    /// <summary>At least one byte of room behind the unread bytes; rents memory if necessary.</summary>
    public Memory<byte> MakeRoom()
    {
        if (_bytes is null)
        {
            _bytes = ReceiveMemory.RentWithinBudget(_nextBytes, out _counted);
            _start = _end = 0;
        }
        else if (_end == _bytes.Length)
        {
            Move();
        }
        return _bytes.AsMemory(_end);
    }

    /// <summary>Counts bytes received into the room.</summary>
    public void Add(int count)
    {
        if (count == _bytes!.Length - _end)
            _nextBytes = Math.Min(2 * _bytes.Length, ReceiveMemory.LargestBytes);
        _end += count;
    }

    /// <summary>Puts bytes in front of the unread ones.</summary>
    public void Prepend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        byte[] target = ReceiveMemory.Rent(bytes.Length + Count + 1, out int counted);
        bytes.CopyTo(target);
        Span.CopyTo(target.AsSpan(bytes.Length));
        int count = bytes.Length + Count;
        Return();
        _bytes = target;
        _counted = counted;
        _end = count;
    }

    /// <summary>Returns the memory and drops its bytes.</summary>
    public void Return()
    {
        // Exchanged, so that a reader left by a handler cannot make the same memory return twice.
        byte[]? bytes = Interlocked.Exchange(ref _bytes, null);
        _start = _end = 0;
        Leave();
        if (bytes is not null)
            ReceiveMemory.Return(bytes);
    }

    /// <summary>Leaves the memory to the garbage collector, because a receive may still write to it.</summary>
    public void Leave() => ReceiveMemory.Uncount(Interlocked.Exchange(ref _counted, 0));

    /// <summary>Moves the bytes to the front, or into twice the memory if they are at the front already.</summary>
    private void Move()
    {
        if (_start > 0)
        {
            Span.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
            return;
        }
        byte[] target = ReceiveMemory.Rent(2 * _bytes!.Length, out int counted);
        int count = Count;
        Span.CopyTo(target);
        Return();
        _bytes = target;
        _counted = counted;
        _end = count;
    }
}
