using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.Recycling;

namespace Hawser.EventLoops;

/// <summary>Accepts on an event loop, which waits for the listeners along with its other sockets.</summary>
internal sealed class LoopAcceptor(EventLoop loop)
{
    // A burst of new connections must not starve established ones.
    private const int LargestBatch = 64;

    private readonly ParkedOperation _ready = new();
    // With room for a whole batch: an accepted connection that finds none in memory would be lost.
    private readonly Queue<AcceptedSocket> _batch = new(LargestBatch);
    private readonly List<Listening> _owned = [];
    private ListenerSet? _listeners;
    private bool _mayHaveMore = true;
    private long _turn;

    public EventLoop Loop => loop;

    /// <summary>The next connection. All pending ones are accepted before the first is served. On the loop's
    /// thread.</summary>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    /// <exception cref="SocketException">Accepting failed.</exception>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<AcceptedSocket> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
    {
        if (_listeners is null)
        {
            listeners.Use(Own);
            Watch(listeners, stopping);
        }
        while (true)
        {
            if (_batch.TryDequeue(out AcceptedSocket accepted))
                return accepted;
            if (stopping.IsCancellationRequested)
            {
                Release(listeners);
                throw new OperationCanceledException(stopping);
            }
            if (!_mayHaveMore)
                await loop.Park(_ready, Deadline.None);
            else if (_turn == loop.Turn)
                await loop.ParkUntilNextTurn(_ready);
            else
                TakeBatch(listeners);
        }
    }

    /// <summary>Registers the sockets. After an error, the registered ones stay for the next try.</summary>
    private void Own(IEnumerable<Socket> sockets)
    {
        foreach (Socket socket in sockets.Except(_owned.Select(listening => listening.Socket)))
        {
            var listening = new Listening(this, socket);
            loop.Own(listening);
            _owned.Add(listening);
        }
    }

    /// <summary>Stops watching sockets that stay open in another process: the kernel would wake this loop instead of
    /// one there.</summary>
    private void Release(ListenerSet listeners)
    {
        if (!listeners.IsShared)
            return;
        _owned.ForEach(loop.Disown);
        _owned.Clear();
    }

    private void TakeBatch(ListenerSet listeners)
    {
        _turn = loop.Turn;
        try
        {
            while (_batch.Count < LargestBatch && (_mayHaveMore = listeners.TryAccept(out AcceptedSocket accepted)))
                _batch.Enqueue(accepted);
        }
        catch (SocketException) when (_batch.Count > 0)
        {
            // Accepted connections come first; the error will recur.
        }
    }

    private void Watch(ListenerSet listeners, CancellationToken stopping)
    {
        listeners.PlaceReturned += PostResume;
        stopping.UnsafeRegister(static acceptor => ((LoopAcceptor)acceptor!).PostResume(), this);
        _listeners = listeners;
    }

    private void PostResume() => loop.Post(static acceptor => ((LoopAcceptor)acceptor!).Resume(), this);

    private void Resume()
    {
        _mayHaveMore = true;
        loop.Complete(_ready);
    }

    private sealed class Listening(LoopAcceptor acceptor, Socket socket) : Pollable(socket)
    {
        public override bool IsListener => true;

        public override bool IsHandedOver => acceptor._listeners is { IsShared: true } && !Socket.SafeHandle.IsClosed;

        public override bool WantsInput =>
            acceptor._ready.IsParked && acceptor._listeners is { HasPlace: true } && !Socket.SafeHandle.IsClosed;

        public override bool WantsRoom => false;

        public override void OnReady(bool input, bool room, bool hidesMore) => acceptor.Resume();

        public override void OnLoopEnded() => acceptor._listeners?.Dispose();
    }
}
