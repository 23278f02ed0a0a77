using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>What ends the wait of a thread that blocks in the kernel: a descriptor that it polls beside its
/// socket.</summary>
/// <remarks>A waker for each connection would double what a connection costs in descriptors, so a few serve all of the
/// process. Those that share one look up in vain for a moment when another is woken.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "lives as long as the process")]
internal sealed class Waker
{
    private const int Count = 8;

    private static readonly Waker[] All = [.. Enumerable.Range(0, Count).Select(_ => new Waker())];
    private static uint _next;

    private readonly WakeSocket _signal = new();
    private int _waking;

    /// <summary>The waker of one more connection.</summary>
    public static Waker Next() => All[Interlocked.Increment(ref _next) % Count];

    /// <summary>Readable from <see cref="Wake"/> until the thread that was meant calls
    /// <see cref="Acknowledge"/>.</summary>
    public Socket Socket => _signal.Socket;

    public void Wake()
    {
        Interlocked.Increment(ref _waking);
        _signal.Signal();
    }

    /// <summary>One whom <see cref="Wake"/> was meant for is awake.</summary>
    public void Acknowledge()
    {
        if (Interlocked.Decrement(ref _waking) > 0)
            return;
        _signal.Clear();
        // Somebody else may have been woken before the signal was cleared.
        if (Volatile.Read(ref _waking) > 0)
            _signal.Signal();
    }
}
