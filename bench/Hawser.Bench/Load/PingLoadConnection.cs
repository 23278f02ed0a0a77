using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Native;
using Hawser.Services.Ping;

namespace Hawser.Bench.Load;

/// <summary>One client of a <see cref="PingLoad"/>. It compares every pong byte by byte.</summary>
internal sealed class PingLoadConnection : Pollable
{
    private readonly PingLoad _load;
    private readonly PingWire _wire;
    private readonly int _client;
    private readonly int _pipeline;
    private readonly byte[] _requests;
    private readonly byte[] _answers;
    private readonly byte[] _received;
    private long _number;
    private long _sentAt;
    private int _answersLength;
    private int _filled;

    public PingLoadConnection(PingLoad load, PingWire wire, int port, int client, int pipeline)
        : base(Connected(port))
    {
        _wire = wire;
        _load = load;
        _client = client;
        _pipeline = pipeline;
        _requests = new byte[pipeline * PingProtocol.LineLimit];
        _answers = new byte[pipeline * PingProtocol.LineLimit];
        // Larger than all answers together, so that every receive drains the socket.
        _received = new byte[_answers.Length + PingProtocol.LineLimit];
    }

    public override bool WantsInput => true;

    public override bool WantsRoom => false;

    /// <summary>Sends a pipeline of pings with one send.</summary>
    public void SendPings()
    {
        int length = 0;
        _answersLength = 0;
        for (int i = 0; i < _pipeline; i++)
        {
            (int request, int answer) = _wire.Write(
                _client, ++_number, _requests.AsSpan(length), _answers.AsSpan(_answersLength));
            length += request;
            _answersLength += answer;
        }
        _filled = 0;
        if (Libc.Send(Descriptor, _requests.AsSpan(0, length), mayWait: false) != length)
            throw new BenchException("partial send");
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
        if (_filled < _answersLength)
            return;

        if (!_received.AsSpan(0, _filled).SequenceEqual(_answers.AsSpan(0, _answersLength)))
            throw new BenchException("unexpected answer to a ping");
        long now = Stopwatch.GetTimestamp();
        if (_sentAt != 0)
            _load.Count((long)((now - _sentAt) * (1e9 / Stopwatch.Frequency)));
        _sentAt = now;
        SendPings();
    }

    private static Socket Connected(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }
}
