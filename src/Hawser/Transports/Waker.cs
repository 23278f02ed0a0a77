using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>A descriptor that blocked threads poll beside their sockets, to end their waits.</summary>
/// <remarks>The process has a few wakers; one per connection would double its descriptors. Threads that share a waker
/// also wake when it is signalled for another.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "lives as long as the process")]
internal sealed class Waker
{
    private const int Count = 8;

    private static readonly Waker?[] All = new Waker?[Count];
    private static uint _next;

    private readonly WakeSocket _signal = new();
    private int _waking;

    /// <summary>Creates the descriptors ahead of need: later none may be left.</summary>
    public static void Prepare()
    {
        for (int i = 0; i < Count; i++)
            Next();
    }

    /// <summary>The waker for one more connection.</summary>
    public static Waker Next()
    {
        lock (All)
            return All[++_next % Count] ??= new Waker();
    }

    /// <summary>Readable from <see cref="Wake"/> until the woken thread calls <see cref="Acknowledge"/>.</summary>
    public Socket Socket => _signal.Socket;

    /// <summary>Wakes one thread. The caller holds the waker's lock.</summary>
    public void Wake()
    {
        _waking++;
        _signal.Signal();
    }

    /// <summary>Confirms that the woken thread is awake. The caller holds the waker's lock.</summary>
    public void Acknowledge()
    {
        if (--_waking == 0)
            _signal.Clear();
    }
}
