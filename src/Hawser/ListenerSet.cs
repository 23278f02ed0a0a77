using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;

namespace Hawser;

/// <summary>The sockets that one server listens on, and the ways to take the next connection from any of
/// them.</summary>
public sealed class ListenerSet : IDisposable
{
    private readonly List<Listener> _listeners = [];
    private readonly WakeSocket _wake = new();
    private Task<Socket>[]? _accepting;

    private ListenerSet()
    {
    }

    /// <summary>The listening sockets.</summary>
    public IEnumerable<Socket> Sockets => _listeners.Select(listener => listener.Socket);

    internal IReadOnlyList<EndPoint> EndPoints => [.. _listeners.Select(listener => listener.EndPoint)];

    /// <summary>Listens at each of the addresses. Those with port 0 after the first take the first one's
    /// port.</summary>
    /// <exception cref="ListenException">One of them cannot be had; then none is.</exception>
    internal static ListenerSet Open(IReadOnlyList<EndPoint> endPoints, int backlog)
    {
        var set = new ListenerSet();
        try
        {
            int port = 0;
            foreach (EndPoint endPoint in endPoints)
            {
                EndPoint where = endPoint is IPEndPoint { Port: 0 } any ? new IPEndPoint(any.Address, port) : endPoint;
                Listener listener = Listener.Open(where, backlog);
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

    /// <summary>Takes a connection if one is there. Never waits; takes none while <see cref="AcceptAsync"/> is used,
    /// which would be faster, so that this call would have to wait for the next.</summary>
    public bool TryAccept([NotNullWhen(true)] out Socket? accepted)
    {
        foreach (Listener listener in _accepting is null ? _listeners : [])
        {
            if (listener.TryAccept(out accepted))
                return true;
        }
        accepted = null;
        return false;
    }

    /// <summary>Blocks the calling thread until there is a connection.</summary>
    /// <exception cref="OperationCanceledException">The stop came first.</exception>
    public Socket Accept(CancellationToken stopping)
    {
        using CancellationTokenRegistration stop =
            stopping.UnsafeRegister(static wake => ((WakeSocket)wake!).Signal(), _wake);
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (TryAccept(out Socket? accepted))
                return accepted;
            List<Socket> ready = [.. Sockets, _wake.Socket];
            Socket.Select(ready, null, null, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Waits for a connection by completion.</summary>
    /// <exception cref="OperationCanceledException">The stop came first.</exception>
    public async ValueTask<Socket> AcceptAsync(CancellationToken stopping)
    {
        _accepting ??= [.. Sockets.Select(socket => socket.AcceptAsync(stopping).AsTask())];
        Task<Socket> first = await Task.WhenAny(_accepting);
        int index = Array.IndexOf(_accepting, first);
        stopping.ThrowIfCancellationRequested();
        _accepting[index] = _listeners[index].Socket.AcceptAsync(stopping).AsTask();
        return await first;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Listener listener in _listeners)
            listener.Dispose();
        _wake.Dispose();
        foreach (Task<Socket> accepting in _accepting ?? [])
        {
            // Taken from the kernel in the moment of the stop: nobody will serve it.
            if (accepting.IsCompletedSuccessfully)
                accepting.Result.Dispose();
        }
    }
}
