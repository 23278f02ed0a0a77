using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Native;
using Hawser.Services.Ping;

namespace Hawser.Bench.Load;

/// <summary>One client of a <see cref="PingLoad"/>: checks every pong to the byte.</summary>
internal sealed class PingLoadConnection : Pollable
{
    private readonly PingLoad _load;
    private readonly EpollPoller _poller;
    private readonly PingWire _wire;
    private readonly int _client;
    private readonly byte[] _request = new byte[PingProtocol.LineLimit];
    private readonly byte[] _answer = new byte[PingProtocol.LineLimit];
    private readonly byte[] _received = new byte[2 * PingProtocol.LineLimit];
    private long _number;
    private long _sentAt;
    private int _answerLength;
    private int _filled;

    public PingLoadConnection(PingLoad load, EpollPoller poller, PingWire wire, int port, int client)
        : base(Connected(port))
    {
        _wire = wire;
        _load = load;
        _poller = poller;
        _client = client;
    }

    public override bool WantsInput => true;

    public override bool WantsRoom => false;

    public void SendPing()
    {
        (int length, _answerLength) = _wire.Write(_client, ++_number, _request, _answer);
        _filled = 0;
        if (Libc.Send(Descriptor, _request.AsSpan(0, length), mayWait: false) != length)
            throw new BenchException("the kernel did not take a ping whole");
    }

    public override void OnLoopEnded() => Socket.Dispose();

    public override void OnReady(bool input, bool room, bool hidesMore)
    {
        if (!input)
            return;
        int received = Libc.Receive(Descriptor, _received.AsSpan(_filled), mayWait: false);
        if (received == 0)
            throw new BenchException("the server closed a connection");
        _filled += Math.Max(0, received);
        if (_filled < _answerLength)
            return;

        if (!_received.AsSpan(0, _filled).SequenceEqual(_answer.AsSpan(0, _answerLength)))
            throw new BenchException("the server answered a ping with something else than its pong");
        long now = Stopwatch.GetTimestamp();
        if (_sentAt != 0)
            _load.Count((long)((now - _sentAt) * (1e9 / Stopwatch.Frequency)));
        _sentAt = now;
        SendPing();
    }

    private static Socket Connected(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }
}
