using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>Polls with
/// <see cref="Socket.Select(System.Collections.IList?, System.Collections.IList?, System.Collections.IList?, int)"/>,
/// on every platform. Each wait passes all sockets, so its cost grows with the number of connections.</summary>
internal sealed class SelectPoller : IPoller
{
    private readonly Dictionary<Socket, Pollable> _watched = [];
    private readonly WakeSocket _wake = new();
    private readonly List<Socket> _input = [];
    private readonly List<Socket> _room = [];

    public LoopTime Time { get; } = new();

    public IEnumerable<Pollable> Watched => _watched.Values;

    public void Add(Pollable pollable)
    {
        _watched.Add(pollable.Socket, pollable);
        pollable.Slot = 0;
    }

    public void Remove(Pollable pollable)
    {
        _watched.Remove(pollable.Socket);
        pollable.Slot = -1;
    }

    public void Poll(long timeoutNanoseconds)
    {
        _input.Clear();
        _room.Clear();
        _input.Add(_wake.Socket);
        foreach (Pollable pollable in _watched.Values)
        {
            if (pollable.WantsInput)
                _input.Add(pollable.Socket);
            if (pollable.WantsRoom)
                _room.Add(pollable.Socket);
        }

        Time.BeginWait();
        try
        {
            Socket.Select(_input, _room, null, Microseconds(timeoutNanoseconds));
        }
        catch (ObjectDisposedException)
        {
            // The stop closed a listener on another thread; in the next turn nothing wants its input.
            return;
        }
        finally
        {
            Time.EndWait();
        }

        foreach (Socket socket in _input)
        {
            if (socket == _wake.Socket)
                _wake.Clear();
            else if (_watched.TryGetValue(socket, out Pollable? pollable))
                pollable.OnReady(input: true, room: false, hidesMore: false);
        }
        foreach (Socket socket in _room)
        {
            if (_watched.TryGetValue(socket, out Pollable? pollable))
                pollable.OnReady(input: false, room: true, hidesMore: false);
        }
    }

    public void Wake() => _wake.Signal();

    public void Dispose() => _wake.Dispose();

    /// <remarks>Select counts whole milliseconds and rounds down. The loop polls through the last millisecond before a
    /// deadline: late by microseconds, at the cost of that millisecond's CPU time.</remarks>
    private static int Microseconds(long nanoseconds) =>
        nanoseconds < 0 ? -1 : (int)Math.Min(nanoseconds / 1000, int.MaxValue);
}
