namespace Hawser.EventLoops;

/// <summary>What falls due at a moment, and knows its place in a <see cref="DeadlineHeap{T}"/>.</summary>
internal abstract class Scheduled
{
    /// <summary>A timestamp; not to be changed while it is in a heap.</summary>
    public long Due { get; protected set; }

    /// <summary>Its place; below zero when it is in no heap.</summary>
    public int HeapIndex { get; set; } = -1;
}
