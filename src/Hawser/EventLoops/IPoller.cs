namespace Hawser.EventLoops;

/// <summary>One way to ask the kernel which of many sockets are ready. All of it but <see cref="Wake"/> belongs to the
/// thread of one <see cref="EventLoop"/>.</summary>
internal interface IPoller : IDisposable
{
    /// <summary>What <see cref="BusySince"/> says during a wait.</summary>
    const long Waiting = -1;

    /// <summary>When the last wait ended (<see cref="Environment.TickCount64"/>). From any thread.</summary>
    long BusySince { get; }

    /// <summary>The sockets that are watched now.</summary>
    IEnumerable<Pollable> Watched { get; }

    /// <summary>Watches a socket from now on.</summary>
    void Add(Pollable pollable);

    /// <summary>Forgets a socket that is about to be closed.</summary>
    void Remove(Pollable pollable);

    /// <summary>Waits at most this long (below zero: without end) and tells every ready <see cref="Pollable"/> of its
    /// state. May return early.</summary>
    void Poll(long timeoutNanoseconds);

    /// <summary>Ends a <see cref="Poll"/> that waits, or else the next one. From any thread.</summary>
    void Wake();
}
