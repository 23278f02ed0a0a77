using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>Accepts on an event loop: waits for any of the listeners to be ready, beside all else the loop waits
/// for.</summary>
internal sealed class LoopAcceptor(EventLoop loop)
{
    private readonly ParkedOperation _ready = new();
    private readonly List<Listening> _watched = [];
    private ListenerSet? _listeners;
    private int _turn;
    private int _acceptedInTurn;

    /// <summary>The next connection. On the loop's thread.</summary>
    /// <exception cref="OperationCanceledException">The stop came first.</exception>
    public async ValueTask<Socket> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
    {
        if (_listeners is null && !TryWatch(listeners))
            throw new OperationCanceledException(stopping);
        using CancellationTokenRegistration stop =
            stopping.UnsafeRegister(static acceptor => ((LoopAcceptor)acceptor!).Interrupt(), this);
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (!MayAccept())
                await loop.ParkUntilNextTurn(_ready);
            else if (listeners.TryAccept(out Socket? accepted))
                return accepted;
            else
                await loop.Park(_ready, Deadline.None);
        }
    }

    /// <summary>A burst of new connections must not starve established ones.</summary>
    private bool MayAccept()
    {
        if (_turn != loop.Turn)
        {
            _turn = loop.Turn;
            _acceptedInTurn = 0;
        }
        return _acceptedInTurn++ < EventLoop.CallsPerTurn;
    }

    private bool TryWatch(ListenerSet listeners)
    {
        _listeners = listeners;
        listeners.PlaceReturned = Interrupt;
        // The poller must not see a closed socket.
        if (!listeners.TryCloseBy(Close))
            return false;
        foreach (Socket socket in listeners.Sockets)
        {
            var listening = new Listening(this, socket);
            loop.Own(listening);
            _watched.Add(listening);
        }
        return true;
    }

    private void Close(Action close) => loop.Post(_ =>
    {
        _watched.ForEach(loop.Disown);
        close();
        Resume();
    }, null);

    private void Interrupt() => loop.Post(static acceptor => ((LoopAcceptor)acceptor!).Resume(), this);

    private void Resume() => loop.Complete(_ready);

    private sealed class Listening(LoopAcceptor acceptor, Socket socket) : Pollable(socket)
    {
        public override bool WantsInput => acceptor._ready.IsParked && acceptor._listeners!.HasPlace;

        public override bool WantsRoom => false;

        public override void OnReady(bool input, bool room, bool hidesMore) => acceptor.Resume();

        public override void OnLoopEnded() => acceptor._listeners!.Dispose();
    }
}
