using System.Net.Sockets;

namespace Hawser.Tests.Simulation;

/// <summary>One end of a simulated TCP connection, as the kernel has it: what is under way to it, what has arrived and
/// was not read, and how the stream ended. Never waits.</summary>
/// <remarks>Bytes arrive in order, in fragments that are delayed one by one. Closing with unread input causes a reset,
/// and so do bytes that arrive after the close. A reset destroys what is under way but, as on Linux, not what has
/// arrived.</remarks>
internal sealed class SimulatedEnd
{
    private static readonly byte[] Finish = [];

    private readonly SimulatedScheduler _scheduler;
    private readonly Trace _trace;
    private readonly int _window;
    private readonly int _largestFragment;
    private readonly TimeSpan _longestDelay;
    private readonly Queue<byte[]> _underWay = new();
    private readonly Queue<byte> _received = new();
    private SimulatedEnd _peer = null!;
    private TimeSpan _lastDue;
    private int _outstanding;
    private bool _hasFinished;
    private bool _inputIsShut;

    private SimulatedEnd(SimulatedScheduler scheduler, Trace trace, string name)
    {
        _scheduler = scheduler;
        _trace = trace;
        Name = name;
        // Half of them are too small for a line.
        _window = 1 + scheduler.Random.Next(scheduler.OneIn(2) ? 16 : 1000);
        _largestFragment = 1 + scheduler.Random.Next(_window);
        _longestDelay = scheduler.Draw(TimeSpan.FromMilliseconds(scheduler.OneIn(3) ? 0 : 3));
    }

    /// <summary>Something has arrived, or there is room again.</summary>
    public event Action? Changed;

    public string Name { get; }

    /// <summary>Bytes that have arrived, read or not.</summary>
    public long Arrived { get; private set; }

    /// <summary>The peer's FIN has arrived.</summary>
    public bool PeerHasFinished { get; private set; }

    /// <summary>The peer's reset has arrived.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>When it arrived.</summary>
    public TimeSpan? BrokenAt { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>When a byte last arrived, or was last sent.</summary>
    public TimeSpan LastMove { get; private set; }

    /// <summary>Bytes from here that have arrived at the peer.</summary>
    public long Acknowledged => _peer.Arrived;

    public bool CanReceive => _received.Count > 0 || PeerHasFinished || IsBroken || _inputIsShut;

    public bool CanSend => IsBroken || Room > 0;

    private int Room => _peer._window - _peer._outstanding;

    public static (SimulatedEnd Client, SimulatedEnd Server) CreatePair(
        SimulatedScheduler scheduler, Trace trace, int number)
    {
        var client = new SimulatedEnd(scheduler, trace, $"client {number}");
        var server = new SimulatedEnd(scheduler, trace, $"server {number}") { _peer = client };
        client._peer = server;
        return (client, server);
    }

    /// <returns>Number of bytes; 0 if the peer has finished, -1 if there is no input.</returns>
    public int TryReceive(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        int count = Math.Min(buffer.Length, _received.Count);
        for (int i = 0; i < count; i++)
            buffer[i] = _received.Dequeue();
        if (count > 0)
        {
            _outstanding -= count;
            _scheduler.Post(() => _peer.Changed?.Invoke());
            return count;
        }
        if (PeerHasFinished || _inputIsShut)
            return 0;
        return IsBroken ? throw new SocketException((int)SocketError.ConnectionReset) : -1;
    }

    /// <returns>Number of bytes accepted, as far as there is room.</returns>
    public int TrySend(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (IsBroken || _hasFinished)
            throw new SocketException((int)(_hasFinished ? SocketError.Shutdown : SocketError.ConnectionReset));
        int count = Math.Min(data.Length, Room);
        if (count > 0)
            LastMove = _scheduler.Now;
        for (int sent = 0; sent < count;)
        {
            int fragment = 1 + _scheduler.Random.Next(Math.Min(_largestFragment, count - sent));
            _peer.Dispatch(data.Slice(sent, fragment).ToArray());
            sent += fragment;
        }
        return count;
    }

    /// <summary>Sends FIN.</summary>
    public void FinishSending()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (IsBroken)
            throw new SocketException((int)SocketError.NotConnected);
        if (_hasFinished)
            return;
        _hasFinished = true;
        _peer.Dispatch(Finish);
    }

    /// <summary>Closes: FIN if there is nothing to read, else a reset.</summary>
    public void Close()
    {
        if (IsClosed)
            return;
        if (_received.Count > 0)
        {
            Reset();
            return;
        }
        if (!IsBroken)
            FinishSending();
        IsClosed = true;
        _trace.Add(Name, "closes");
    }

    public void Reset()
    {
        if (IsClosed)
            return;
        IsClosed = true;
        _trace.Add(Name, "resets");
        SendReset();
    }

    /// <summary>Like shutdown(SHUT_RD): received bytes can be read, then comes an end of stream.</summary>
    public void ShutInput()
    {
        _inputIsShut = true;
        Changed?.Invoke();
    }

    private void SendReset() => _scheduler.At(_scheduler.Now + _scheduler.Draw(_peer._longestDelay), _peer.Break);

    private void Dispatch(byte[] fragment)
    {
        _underWay.Enqueue(fragment);
        _outstanding += fragment.Length;
        TimeSpan due = _scheduler.Now + _scheduler.Draw(_longestDelay);
        _lastDue = due > _lastDue ? due : _lastDue;
        _scheduler.At(_lastDue, Arrive);
    }

    /// <summary>Delivers the next fragment. Events that are due at once may run in any order, fragments may
    /// not.</summary>
    private void Arrive()
    {
        if (!_underWay.TryDequeue(out byte[]? fragment))
            return;
        if (fragment == Finish)
        {
            PeerHasFinished = true;
            _trace.Add(Name, "has the peer's FIN");
        }
        else if (IsClosed)
        {
            _trace.Add(Name, $"is closed and refuses {fragment.Length} bytes");
            SendReset();
        }
        else
        {
            foreach (byte one in fragment)
                _received.Enqueue(one);
            Arrived += fragment.Length;
            LastMove = _scheduler.Now;
            _trace.Add(Name, $"has {Arrived} bytes");
        }
        Changed?.Invoke();
    }

    private void Break()
    {
        if (IsBroken || IsClosed)
            return;
        IsBroken = true;
        BrokenAt = _scheduler.Now;
        _underWay.Clear();
        _trace.Add(Name, "is reset");
        Changed?.Invoke();
    }
}
