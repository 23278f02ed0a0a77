using System.Net.Sockets;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>A descriptor that blocked threads poll beside their sockets, to end their waits.</summary>
internal sealed class Waker : IDisposable
{
    /// <summary>How many connections share it if there are descriptors enough.</summary>
    public const int MostConnections = 16;

    private readonly WakeSocket _signal = new();
    private int _waking;

    /// <summary>How many share it: its pool's.</summary>
    public int Connections { get; set; }

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

    public void Dispose() => _signal.Dispose();
}
