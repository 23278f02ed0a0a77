namespace Hawser.EventLoops;

/// <summary>Parked operations by deadline: a binary heap in which each knows its place, so that one which completes
/// early leaves in logarithmic time.</summary>
internal sealed class DeadlineHeap
{
    private ParkedOperation[] _items = new ParkedOperation[16];
    private int _count;

    public int Count => _count;

    /// <summary>The earliest deadline; none when empty.</summary>
    public Deadline Next => _count == 0 ? Deadline.None : _items[0].Deadline;

    public void Add(ParkedOperation operation)
    {
        if (_count == _items.Length)
            Array.Resize(ref _items, 2 * _count);
        SiftUp(_count++, operation);
    }

    /// <summary>Removes an operation; does nothing if it is not there.</summary>
    public void Remove(ParkedOperation operation)
    {
        int index = operation.HeapIndex;
        if (index < 0)
            return;
        operation.HeapIndex = -1;
        ParkedOperation last = _items[--_count];
        _items[_count] = null!;
        if (index == _count)
            return;
        if (index > 0 && IsEarlier(last, _items[(index - 1) / 2]))
            SiftUp(index, last);
        else
            SiftDown(index, last);
    }

    /// <summary>Removes the earliest operation if its deadline has passed.</summary>
    public ParkedOperation? TakePassed()
    {
        if (_count == 0 || !_items[0].Deadline.HasPassed)
            return null;
        ParkedOperation first = _items[0];
        Remove(first);
        return first;
    }

    private static bool IsEarlier(ParkedOperation a, ParkedOperation b) => a.Deadline.Timestamp < b.Deadline.Timestamp;

    private void SiftUp(int index, ParkedOperation operation)
    {
        while (index > 0 && IsEarlier(operation, _items[(index - 1) / 2]))
        {
            Place(index, _items[(index - 1) / 2]);
            index = (index - 1) / 2;
        }
        Place(index, operation);
    }

    private void SiftDown(int index, ParkedOperation operation)
    {
        while (true)
        {
            int child = 2 * index + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && IsEarlier(_items[child + 1], _items[child]))
                child++;
            if (!IsEarlier(_items[child], operation))
                break;
            Place(index, _items[child]);
            index = child;
        }
        Place(index, operation);
    }

    private void Place(int index, ParkedOperation operation)
    {
        _items[index] = operation;
        operation.HeapIndex = index;
    }
}
