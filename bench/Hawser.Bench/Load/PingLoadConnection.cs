using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Services.Ping;

namespace Hawser.Bench.Load;

/// <summary>One client of a <see cref="PingLoad"/>: checks every pong to the byte.</summary>
internal sealed class PingLoadConnection : Pollable
{
    private readonly PingLoad _load;
    private readonly EpollPoller _poller;
    private readonly int _client;
    private readonly byte[] _line = new byte[PingProtocol.LineLimit];
    private readonly byte[] _received = new byte[2 * PingProtocol.LineLimit];
    private long _number;
    private long _sentAt;
    private int _length;
    private int _filled;

    public PingLoadConnection(PingLoad load, EpollPoller poller, int port, int client) : base(Connected(port))
    {
        _load = load;
        _poller = poller;
        _client = client;
    }

    public override bool WantsInput => true;

    public override bool WantsRoom => false;

    public void SendPing()
    {
        _length = PingProtocol.WritePing(_client, ++_number, _line);
        _filled = 0;
        if (_poller.Send(this, _line.AsSpan(0, _length)) != _length)
            throw new BenchException("the kernel did not take a ping whole");
        // From here on it is what must come back.
        _line[1] = (byte)'o';
    }

    public override void OnReady(bool input, bool room, bool final)
    {
        if (!input)
            return;
        int received = _poller.Receive(this, _received.AsSpan(_filled));
        if (received == 0)
            throw new BenchException("the server closed a connection");
        _filled += Math.Max(0, received);
        if (_filled < _length)
            return;

        if (!_received.AsSpan(0, _filled).SequenceEqual(_line.AsSpan(0, _length)))
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
