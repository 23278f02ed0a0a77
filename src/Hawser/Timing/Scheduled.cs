namespace Hawser.Timing;

/// <summary>An entry of a <see cref="DeadlineHeap{T}"/>.</summary>
internal abstract class Scheduled
{
    /// <summary>A timestamp; must not change while in a heap.</summary>
    public long Due { get; protected set; }

    /// <summary>The index in the heap; below zero when in none.</summary>
    public int HeapIndex { get; set; } = -1;
}
