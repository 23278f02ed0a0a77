using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hawser.Services.Ping.Load;

/// <summary>One client of a <see cref="ChurnLoop"/>: connects, sends a ping, checks the pong to the byte, half-closes,
/// waits for the server's end and closes, again and again.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ChurnClient(
    ChurnLoop loop, ClientEpoll epoll, PingLoadOptions options, int number, int place)
{
    private const int None = -1;
    private const int LongestAnswer = 4096;

    private readonly int _id = options.FirstClient + number;
    private readonly Target _server = new((IPEndPoint)options.ServerOf(number));
    private readonly byte[] _request = new byte[PingProtocol.LineLimit];
    private readonly byte[] _received = new byte[LongestAnswer];

    private int _socket = None;
    private long _count;
    private long _beganAt;
    private int _filled;
    private bool _hasSent;
    private bool _hasFinished;
    private bool _wasCounted;

    /// <summary>It has no connection: its last connection failed.</summary>
    public bool IsIdle => _socket == None;

    /// <summary>Age of its connection.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_beganAt);

    /// <summary>Starts the next connection.</summary>
    public void Begin()
    {
        _count++;
        _filled = 0;
        _hasSent = _hasFinished = false;
        _beganAt = Stopwatch.GetTimestamp();
        int created = ClientSocket.Create();
        if (created < 0)
        {
            Fail("socket", created);
            return;
        }
        _socket = created;
        if (_server.IsLoopback && ClientSocket.Bind(_socket, loop.NextSource()) is < 0 and var bound)
        {
            Fail("bind", bound);
            return;
        }
        int connected = ClientSocket.Connect(_socket, _server.Address, _server.Port);
        if (connected < 0 && connected != -ClientSocket.EINPROGRESS)
        {
            Fail("connect", connected);
            return;
        }
        // On loopback the handshake is complete when connect returns, unless the backlog is full.
        if (TrySend())
            epoll.Add(_socket, place, forRoom: !_hasSent);
    }

    /// <summary>Handles a socket that is ready or has failed.</summary>
    public void OnReady()
    {
        if (_socket == None)
            return;
        if (!_hasSent)
        {
            if (TrySend() && _hasSent)
                epoll.AwaitInput(_socket, place);
            return;
        }
        int received = ClientSocket.Receive(_socket, _received.AsSpan(_filled));
        if (received == -ClientSocket.EAGAIN)
            return;
        if (received < 0)
            Fail(_hasFinished ? "receive, after the pong" : "receive", received);
        else if (_hasFinished)
            OnEnd(received);
        else if (received == 0)
            Fail("closed without a pong");
        else
            OnInput(received);
    }

    /// <summary>Closes the connection, if any, without counting it.</summary>
    public void Leave()
    {
        if (_socket != None)
            ClientSocket.Close(_socket);
        _socket = None;
    }

    /// <summary>Closes the connection as failed. The loop starts the next one a little later.</summary>
    public void Fail(string error)
    {
        CountOnce();
        loop.RecordFailure(_id, error);
        Leave();
    }

    private void Fail(string call, int result) => Fail($"{call}: {Marshal.GetPInvokeErrorMessage(-result)}");

    /// <returns>False if the connection failed; true also while it is pending.</returns>
    private bool TrySend()
    {
        int length = options.Wire.WriteRequest(_id, _count, _request);
        int sent = ClientSocket.Send(_socket, _request.AsSpan(0, length));
        _hasSent = sent == length;
        if (_hasSent)
            OnConnected();
        if (_hasSent || sent == -ClientSocket.EAGAIN)
            return true;
        if (sent < 0)
            Fail("connect or send", sent);
        else
            Fail("partial send");
        return false;
    }

    private void OnConnected()
    {
        loop.RecordConnect(_beganAt);
        CountOnce();
    }

    /// <summary>The load begins when the first connection of every client has succeeded or failed.</summary>
    private void CountOnce()
    {
        if (!_wasCounted)
            loop.AddConnected();
        _wasCounted = true;
    }

    private void OnInput(int received)
    {
        _filled += received;
        try
        {
            int length = options.Wire.MatchAnswer(_id, _count, _received.AsSpan(0, _filled));
            if (length == 0 && _filled < _received.Length)
                return;
            if (length != _filled)
                throw new ProtocolException("unexpected bytes beside the pong");
        }
        catch (ProtocolException e)
        {
            Fail(e.Message);
            return;
        }
        if (_count == 1)
            loop.RecordFirstAnswer(_beganAt);
        _filled = 0;
        int finished = ClientSocket.FinishSending(_socket);
        if (finished < 0)
            Fail("shutdown", finished);
        else
            _hasFinished = true;
    }

    private void OnEnd(int received)
    {
        if (received > 0)
        {
            Fail("unexpected bytes after the pong");
            return;
        }
        Leave();
        loop.RecordSuccess(number, _beganAt);
        Begin();
    }

    private sealed class Target(IPEndPoint server)
    {
        public uint Address { get; } = BinaryPrimitives.ReadUInt32BigEndian(server.Address.GetAddressBytes());

        public int Port => server.Port;

        public bool IsLoopback { get; } = IPAddress.IsLoopback(server.Address);
    }
}
