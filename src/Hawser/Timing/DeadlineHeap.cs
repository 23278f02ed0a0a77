namespace Hawser.Timing;

/// <summary>A binary heap by due time. Each entry knows its index, so it can be removed early in logarithmic
/// time.</summary>
internal sealed class DeadlineHeap<T> where T : Scheduled
{
    private T[] _items = new T[16];

    public int Count { get; private set; }

    /// <summary>The earliest entry; null when empty.</summary>
    public T? First => Count == 0 ? null : _items[0];

    public void Add(T item)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, 2 * Count);
        SiftUp(Count++, item);
    }

    /// <summary>Removes an entry; does nothing if it is not in the heap.</summary>
    public void Remove(T item)
    {
        int index = item.HeapIndex;
        if (index < 0)
            return;
        item.HeapIndex = -1;
        T last = _items[--Count];
        _items[Count] = null!;
        if (index == Count)
            return;
        if (index > 0 && last.Due < _items[(index - 1) / 2].Due)
            SiftUp(index, last);
        else
            SiftDown(index, last);
    }

    /// <summary>Removes the earliest entry if it is due.</summary>
    public T? TakeDue(long now)
    {
        if (First is not { } first || first.Due > now)
            return null;
        Remove(first);
        return first;
    }

    private void SiftUp(int index, T item)
    {
        while (index > 0 && item.Due < _items[(index - 1) / 2].Due)
        {
            Place(index, _items[(index - 1) / 2]);
            index = (index - 1) / 2;
        }
        Place(index, item);
    }

    private void SiftDown(int index, T item)
    {
        while (true)
        {
            int child = 2 * index + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _items[child + 1].Due < _items[child].Due)
                child++;
            if (_items[child].Due >= item.Due)
                break;
            Place(index, _items[child]);
            index = child;
        }
        Place(index, item);
    }

    private void Place(int index, T item)
    {
        _items[index] = item;
        item.HeapIndex = index;
    }
}
