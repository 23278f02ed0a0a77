namespace Hawser.EventLoops;

/// <summary>Asks the kernel which sockets are ready. Everything but <see cref="Wake"/> belongs to the thread of one
/// <see cref="EventLoop"/>.</summary>
internal interface IPoller : IDisposable
{
    /// <summary>Receives the begin and the end of every wait.</summary>
    LoopTime Time { get; }

    IEnumerable<Pollable> Watched { get; }

    void Add(Pollable pollable);

    /// <summary>Stops watching a socket that is about to be closed.</summary>
    void Remove(Pollable pollable);

    /// <summary>Waits at most this long (below zero: without limit) and notifies every ready <see cref="Pollable"/>.
    /// May return early.</summary>
    void Poll(long timeoutNanoseconds);

    /// <summary>Ends a pending <see cref="Poll"/>, or else the next one. Thread-safe.</summary>
    void Wake();
}
