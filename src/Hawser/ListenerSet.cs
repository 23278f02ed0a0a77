using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Hawser.Accepting;
using Hawser.DescriptorUse;
using Hawser.EventLoops;

namespace Hawser;

/// <summary>The listening sockets of one server, and the ways to accept from them.</summary>
/// <remarks>Returns no more connections than the server has places (<see cref="ServerLimits.Connections"/>); the others
/// wait in the kernel's backlog. A connection keeps its place until the server has closed it.</remarks>
public sealed class ListenerSet : IDisposable
{
    /// <summary>The largest short backlog: a burst overflows one while the accepting thread does anything
    /// else.</summary>
    internal const int ShortBacklog = 64;

    // The overload with a TimeSpan would be compiled within the first burst.
    private const int BurstPauseMicroseconds = 1000;
    private const int Forever = -1;

    private static int _isWarm;

    private readonly List<Listener> _listeners = [];
    private readonly WakeSocket _wake = new();
    private readonly Lock _gate = new();
    private EagerAcceptor? _eager;
    private Action? _accepting;
    private int _first;
    private int _places;
    private long _lastNumber;
    private bool _isShort;
    private volatile bool _closed;
    private volatile bool _isPaused;

    private ListenerSet()
    {
    }

    /// <summary>The listening sockets.</summary>
    public IEnumerable<Socket> Sockets => _listeners.Select(listener => listener.Socket);

    /// <summary>The server has a free place, and neither pauses nor stops.</summary>
    public bool HasPlace => Volatile.Read(ref _places) > 0 && !_isPaused && !_closed;

    /// <summary>A connection waits in the kernel although the server has a free place.</summary>
    internal bool HasPending
    {
        get
        {
            lock (_gate)
                return HasPlace && _listeners.Exists(static listener => listener.HasWaiting);
        }
    }

    /// <summary>Another process may have one of the sockets.</summary>
    internal bool IsShared => _listeners.Exists(static listener => listener.IsShared);

    /// <summary>A place became free after there was none, or a pause ended: <see cref="TryAccept"/> may succeed again,
    /// without a new connection in the kernel. Raised on any thread; handlers return at once and do not throw.</summary>
    public event Action? PlaceReturned;

    internal IReadOnlyList<EndPoint> EndPoints => [.. _listeners.Select(listener => listener.EndPoint)];

    /// <summary>Connections in the kernel's queues; null where they cannot be counted.</summary>
    internal int? CountWaiting()
    {
        int?[] counts = [.. _listeners.Select(listener => listener.CountWaiting())];
        return counts.Any(count => count is not null) ? counts.Sum() : null;
    }

    /// <summary>Descriptors and memory suffice for another connection.</summary>
    internal bool HasRoom => Descriptors.HasRoom && !IsShortOfMemory();

    /// <summary>Sets the number of free places.</summary>
    internal int Places { set => Volatile.Write(ref _places, value); }

    /// <summary>Called once, by the thread that begins to accept.</summary>
    internal Action? Accepting { set => _accepting = value; }

    /// <summary>The descriptors that the connections take.</summary>
    internal DescriptorShare Descriptors { get; } = new(DescriptorBudget.Shared);

    /// <summary>While true, connections are only accepted to be shed.</summary>
    internal Func<bool> IsShortOfMemory { get; set; } = MemoryPressure.Shared.IsHigh;

    /// <summary>Listens at each address, and at sockets that listen already. After the first address, port 0 means the
    /// first one's port.</summary>
    /// <exception cref="ListenException">An address is not available; none is bound.</exception>
    internal static ListenerSet Open(ServerOptions options)
    {
        ListenerSet set = Open(options.EndPoints, options.Backlog, options.ConfigureSocket, options.SocketMode);
        try
        {
            foreach (Socket socket in options.Sockets)
                set._listeners.Add(Listener.Adopt(socket));
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="Open(ServerOptions)"/>
    internal static ListenerSet Open(
        IReadOnlyList<EndPoint> endPoints, int backlog, Action<Socket>? configure = null, UnixFileMode? mode = null)
    {
        if (Interlocked.Exchange(ref _isWarm, 1) == 0)
            WarmUp();
        var set = new ListenerSet { _isShort = backlog <= ShortBacklog };
        try
        {
            int port = 0;
            foreach (EndPoint endPoint in endPoints)
            {
                EndPoint where = endPoint is IPEndPoint { Port: 0 } any ? new IPEndPoint(any.Address, port) : endPoint;
                Listener listener = Listener.Open(where, backlog, configure, mode);
                set._listeners.Add(listener);
                if (listener.EndPoint is IPEndPoint ip && endPoint is IPEndPoint { Port: 0 })
                    port = ip.Port;
            }
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Accepts a connection from this process, so that the first burst does not wait for the runtime. Failures
    /// are harmless.</summary>
    private static void WarmUp()
    {
        EagerAcceptor.WarmUp();
        try
        {
            using ListenerSet set = Open([new IPEndPoint(IPAddress.Loopback, 0)], backlog: 1);
            set.AddPlaces(1);
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(set.EndPoints[0]);
            if (set.HasMoreOfBurst())
                set.Accept(CancellationToken.None).Socket.Dispose();
        }
        catch (Exception e) when (e is SocketException or ListenException)
        {
            // No descriptors or no loopback interface: the first connections will be slower.
        }
    }

    /// <summary>A set without sockets, for models that get connections elsewhere.</summary>
    internal static ListenerSet Empty() => new();

    /// <summary>Accepts a pending connection if the server has a free place. Never waits; returns none after the stop.
    /// The sockets take turns. Thread-safe, unlike the other ways to accept.</summary>
    /// <exception cref="SocketException">Accepting failed, or the process lacks memory or the descriptors to reserve.
    /// The connection stays in the kernel.</exception>
    public bool TryAccept(out AcceptedSocket accepted)
    {
        TellOfAccepting();
        return TryTake(isToBeShed: false, out accepted);
    }

    /// <summary>Blocks the calling thread until it has accepted a connection.</summary>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    /// <exception cref="SocketException">Accepting failed.</exception>
    public AcceptedSocket Accept(CancellationToken stopping)
    {
        TellOfAccepting();
        using CancellationTokenRegistration stop =
            stopping.UnsafeRegister(static wake => ((WakeSocket)wake!).Signal(), _wake);
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (_closed)
                throw new OperationCanceledException(stopping);
            List<Socket> ready = HasPlace ? [.. Sockets, _wake.Socket] : [_wake.Socket];
            try
            {
                Socket.Select(ready, null, null, Forever);
                if (ready.Remove(_wake.Socket))
                    _wake.Clear();
            }
            catch (ObjectDisposedException) when (_closed)
            {
                throw new OperationCanceledException(stopping);
            }
            if (TryAccept(out AcceptedSocket accepted))
                return accepted;
        }
    }

    /// <summary>Waits for a connection accepted by a dedicated thread, so that a burst does not wait for the server's
    /// work on each connection. With a backlog of 64 or less, the thread waits 1 ms for the rest of a burst.</summary>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    /// <exception cref="SocketException">Accepting failed.</exception>
    public ValueTask<AcceptedSocket> AcceptAsync(CancellationToken stopping)
    {
        _eager ??= EagerAcceptor.Start(this, stopping);
        return _eager.TakeAsync();
    }

    /// <summary>Stops listening: the kernel refuses new connections.</summary>
    public void Dispose()
    {
        Close();
        _wake.Dispose();
        Descriptors.End();
    }

    /// <summary>Takes a connection to be refused, from the kernel or from the accepting thread.</summary>
    internal bool TryTakeWaiting(out AcceptedSocket waiting)
    {
        waiting = default;
        return (_eager?.TryTake(out waiting) ?? false) || TryTake(isToBeShed: true, out waiting);
    }

    /// <summary>Does on the calling thread what the runtime takes longer for the first time: a lock, and a look at the
    /// sockets.</summary>
    internal void PrepareThread()
    {
        lock (_gate)
        {
            foreach (Listener listener in _closed ? [] : _listeners)
                _ = listener.HasWaiting;
        }
    }

    /// <summary>Waits for the rest of a burst, before other threads get work that would delay accepting.</summary>
    internal bool HasMoreOfBurst()
    {
        if (!_isShort || !HasPlace)
            return false;
        List<Socket> ready = [.. Sockets];
        try
        {
            Socket.Select(ready, null, null, BurstPauseMicroseconds);
            return ready.Count > 0;
        }
        catch (ObjectDisposedException) when (_closed)
        {
            return false;
        }
    }

    /// <summary>Calls with the sockets unless they are closed, and keeps them open meanwhile.</summary>
    internal void Use(Action<IEnumerable<Socket>> use)
    {
        lock (_gate)
        {
            if (!_closed)
                use(Sockets);
        }
    }

    /// <summary>Assigns the next <see cref="AcceptedSocket.Number"/>.</summary>
    internal long NextNumber() => Interlocked.Increment(ref _lastNumber);

    /// <summary>Frees the place of a connection that has ended.</summary>
    internal void ReturnPlace()
    {
        Descriptors.Return();
        AddPlaces(1);
    }

    /// <summary>Adds places, or takes them away: below zero, connections that end free none.</summary>
    internal void AddPlaces(int count)
    {
        int places = Interlocked.Add(ref _places, count);
        if (places <= 0 || places - count > 0)
            return;
        LookAgain();
    }

    /// <summary>Stops listening at once, whatever the accepting thread does. Thread-safe.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            // Once: by now a successor may listen at the path of a Unix domain socket.
            if (!_closed)
            {
                _closed = true;
                foreach (Listener listener in _listeners.Where(static listener => !listener.IsShared))
                    listener.Dispose();
            }
        }
        // A thread that waits for the sockets keeps them open until it wakes.
        _wake.Signal();
    }

    /// <summary>Closes the descriptors of shared sockets. No thread may use them any more.</summary>
    internal void Release()
    {
        foreach (Listener listener in _listeners.Where(static listener => listener.IsShared))
            listener.Dispose();
    }

    /// <summary>Stops accepting until <see cref="Resume"/>, and leaves the sockets open at the end.</summary>
    internal IReadOnlyList<Socket> Pause()
    {
        // Within the gate, so that no accept is under way afterwards.
        lock (_gate)
        {
            _isPaused = true;
            _listeners.ForEach(static listener => listener.IsShared = true);
            return _closed ? [] : [.. Sockets];
        }
    }

    /// <summary>Ends a pause.</summary>
    internal void Resume()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _isPaused = false;
            foreach (Listener listener in _listeners)
                listener.IsShared = listener.IsAdopted;
        }
        LookAgain();
    }

    /// <summary>Looks for pending connections, whether or not the kernel has reported them.</summary>
    internal void LookAgain()
    {
        _wake.Signal();
        PlaceReturned?.Invoke();
    }

    private void TellOfAccepting()
    {
        if (_accepting is not null)
            Interlocked.Exchange(ref _accepting, null)?.Invoke();
    }

    private bool TryTake(bool isToBeShed, out AcceptedSocket accepted)
    {
        accepted = default;
        lock (_gate)
        {
            for (int i = 0; i < _listeners.Count && !_closed && HasPlace; i++)
            {
                Listener listener = _listeners[(_first + i) % _listeners.Count];
                if (!listener.HasWaiting)
                    continue;
                TakeDescriptors(isToBeShed);
                if (!TryTake(listener, out Socket? socket))
                    continue;
                // Within the gate, because several loops accept at once.
                accepted = new AcceptedSocket(socket, NextNumber());
                _first = (_first + i + 1) % _listeners.Count;
                Interlocked.Decrement(ref _places);
                return true;
            }
            return false;
        }
    }

    private bool TryTake(Listener listener, [NotNullWhen(true)] out Socket? socket)
    {
        socket = null;
        try
        {
            return listener.TryAccept(out socket);
        }
        finally
        {
            if (socket is null)
                Descriptors.Return();
        }
    }

    /// <exception cref="SocketException">Descriptors or memory are short.</exception>
    private void TakeDescriptors(bool isToBeShed)
    {
        if (isToBeShed)
            Descriptors.Take();
        else if (IsShortOfMemory())
            throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
        else if (!Descriptors.TryTake())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
    }
}
