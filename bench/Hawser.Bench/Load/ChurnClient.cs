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

    // Longer than the answer, so that what does not belong to it is seen.
    private readonly byte[] _received = new byte[2 * PingProtocol.LineLimit];

    private int _socket = None;
    private long _count;
    private long _beganAt;
    private int _requestLength;
    private int _answerLength;
    private int _filled;
    private bool _hasSent;
    private bool _hasFinished;

    /// <summary>It has no connection: it has just been made, or the last one failed.</summary>
    public bool IsIdle => _socket == None;

    /// <summary>How long its connection has been going on.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_beganAt);

    /// <summary>Begins the next connection.</summary>
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
        // Over the loopback interface the handshake is over when connect returns, unless the backlog is full.
        if (TrySend())
            epoll.Add(_socket, number, forRoom: !_hasSent);
    }

    /// <summary>Its socket is ready, or has failed.</summary>
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

    /// <summary>Ends the connection, if there is one, without counting it.</summary>
    public void Leave()
    {
        if (_socket != None)
            ClientSocket.Close(_socket);
        _socket = None;
    }

    /// <summary>Ends the connection as failed. The load begins the next one a little later.</summary>
    public void Fail(string error)
    {
        load.CountError(error);
        Leave();
    }

    private void Fail(string call, int result) => Fail($"{call}: {Marshal.GetPInvokeErrorMessage(-result)}");

    /// <returns>False when the connection has failed; true also when it is not yet made.</returns>
    private bool TrySend()
    {
        int sent = Libc.Send(_socket, _request.AsSpan(0, _requestLength), mayWait: false);
        _hasSent = sent == _requestLength;
        if (_hasSent || sent == -Libc.EAGAIN)
            return true;
        if (sent < 0)
            Fail("connect or send", sent);
        else
            Fail("a ping sent in part");
        return false;
    }

    private void OnInput(int received)
    {
        _filled += received;
        if (_filled < _answerLength)
            return;
        if (!_received.AsSpan(0, _filled).SequenceEqual(_answer.AsSpan(0, _answerLength)))
        {
            Fail("something else than the pong");
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
            Fail("more than the pong");
            return;
        }
        Leave();
        load.Count(Stopwatch.GetElapsedTime(_beganAt));
        Begin();
    }
}
