using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>What ends the wait of a thread that blocks in the kernel: a descriptor that it polls beside its
/// socket.</summary>
/// <remarks>A waker for each connection would double what a connection costs in descriptors, so a few serve all of the
/// process. Threads that share a waker wake spuriously when it is signalled for another.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "lives as long as the process")]
internal sealed class Waker
{
    private const int Count = 8;

    private static readonly Waker?[] All = new Waker?[Count];
    private static uint _next;

    private readonly WakeSocket _signal = new();
    private int _waking;

    /// <summary>Makes the descriptors, for a model that will need them: later there may be none left.</summary>
    public static void Prepare()
    {
        for (int i = 0; i < Count; i++)
            Next();
    }

    /// <summary>The waker of one more connection.</summary>
    public static Waker Next()
    {
        lock (All)
            return All[++_next % Count] ??= new Waker();
    }

    /// <summary>Readable from <see cref="Wake"/> until the thread that was meant calls
    /// <see cref="Acknowledge"/>.</summary>
    public Socket Socket => _signal.Socket;

    /// <summary>Wakes one thread. Its caller holds the lock of the waker.</summary>
    public void Wake()
    {
        _waking++;
        _signal.Signal();
    }

    /// <summary>The thread that <see cref="Wake"/> was meant for is awake. Its caller holds the lock of the
    /// waker.</summary>
    public void Acknowledge()
    {
        if (--_waking == 0)
            _signal.Clear();
    }
}
