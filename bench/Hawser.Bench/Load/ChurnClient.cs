using System.Diagnostics;
using System.Runtime.InteropServices;
using Hawser.Native;
using Hawser.Services.Ping;

namespace Hawser.Bench.Load;

/// <summary>One client of a <see cref="ChurnLoad"/>: connects, sends a ping, checks the pong to the byte, half-closes,
/// waits for the server's end and closes, again and again.</summary>
internal sealed class ChurnClient(ChurnLoad load, ClientEpoll epoll, PingWire wire, int port, int number)
{
    private const uint Server = 0x7F000001;
    private const int None = -1;

    private readonly byte[] _request = new byte[PingProtocol.LineLimit];
    private readonly byte[] _answer = new byte[PingProtocol.LineLimit];

    // Longer than the answer, to detect excess bytes.
    private readonly byte[] _received = new byte[2 * PingProtocol.LineLimit];

    private int _socket = None;
    private long _count;
    private long _beganAt;
    private int _requestLength;
    private int _answerLength;
    private int _filled;
    private bool _hasSent;
    private bool _hasFinished;

    /// <summary>It has no connection: it is new, or its last connection failed.</summary>
    public bool IsIdle => _socket == None;

    /// <summary>Age of its connection.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_beganAt);

    /// <summary>Starts the next connection.</summary>
    public void Begin()
    {
        (_requestLength, _answerLength) = wire.Write(number, ++_count, _request, _answer);
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
        int bound = ClientSocket.Bind(_socket, load.NextSource());
        if (bound < 0)
        {
            Fail("bind", bound);
            return;
        }
        int connected = ClientSocket.Connect(_socket, Server, port);
        if (connected < 0 && connected != -ClientSocket.EINPROGRESS)
        {
            Fail("connect", connected);
            return;
        }
        // On loopback the handshake is complete when connect returns, unless the backlog is full.
        if (TrySend())
            epoll.Add(_socket, number, forRoom: !_hasSent);
    }

    /// <summary>Handles a socket that is ready or has failed.</summary>
    public void OnReady()
    {
        if (!_hasSent)
        {
            if (TrySend() && _hasSent)
                epoll.AwaitInput(_socket, number);
            return;
        }
        int received = Libc.Receive(_socket, _received.AsSpan(_filled), mayWait: false);
        if (received == -Libc.EAGAIN)
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

    /// <summary>Closes the connection as failed. The load starts the next one a little later.</summary>
    public void Fail(string error)
    {
        load.CountError(error);
        Leave();
    }

    private void Fail(string call, int result) => Fail($"{call}: {Marshal.GetPInvokeErrorMessage(-result)}");

    /// <returns>False if the connection failed; true also while it is pending.</returns>
    private bool TrySend()
    {
        int sent = Libc.Send(_socket, _request.AsSpan(0, _requestLength), mayWait: false);
        _hasSent = sent == _requestLength;
        if (_hasSent || sent == -Libc.EAGAIN)
            return true;
        if (sent < 0)
            Fail("connect or send", sent);
        else
            Fail("partial send");
        return false;
    }

    private void OnInput(int received)
    {
        _filled += received;
        if (_filled < _answerLength)
            return;
        if (!_received.AsSpan(0, _filled).SequenceEqual(_answer.AsSpan(0, _answerLength)))
        {
            Fail("unexpected bytes instead of the pong");
            return;
        }
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
        load.Count(Stopwatch.GetElapsedTime(_beganAt));
        Begin();
    }
}
