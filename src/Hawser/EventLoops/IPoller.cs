namespace Hawser.EventLoops;

/// <summary>One way to ask the kernel which of many sockets are ready. All of it but <see cref="Wake"/> belongs to the
/// thread of one <see cref="EventLoop"/>.</summary>
internal interface IPoller : IDisposable
{
    /// <summary>The sockets that are watched now.</summary>
    IEnumerable<Pollable> Watched { get; }

    /// <summary>Watches a socket, made non-blocking, from now on.</summary>
    void Add(Pollable pollable);

    /// <summary>Forgets a socket; called before it is closed.</summary>
    void Remove(Pollable pollable);

    /// <summary>Waits at most this long (below zero: without end) and tells every ready <see cref="Pollable"/> of its
    /// state. May return early.</summary>
    void Poll(long timeoutNanoseconds);

    /// <summary>Ends a <see cref="Poll"/> that waits, or else the next one. From any thread.</summary>
    void Wake();

    /// <summary>Receives without waiting.</summary>
    /// <returns>Bytes received; 0 at the end of the stream; below zero when it would have to wait.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The stream is broken.</exception>
    int Receive(Pollable pollable, Span<byte> buffer);

    /// <summary>Sends what the kernel takes without waiting.</summary>
    /// <returns>Bytes taken; below zero when it would have to wait.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The stream is broken.</exception>
    int Send(Pollable pollable, ReadOnlySpan<byte> data);
}
