using System.Net;
using System.Net.Sockets;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Clock;

/// <summary>A clock client that goes as far as the test wants, and listens for peers as the test wants.</summary>
internal sealed class RawClockClient : IDisposable
{
    private readonly RawClient _server;
    private readonly Socket? _door;
    private readonly byte[] _frame = new byte[8192];

    private RawClockClient(RawClient server, Socket? door) => (_server, _door) = (server, door);

    public uint Id { get; private set; }

    public byte[] Recording { get; } = "Timestamp Data\nnot much of it\n"u8.ToArray();

    /// <summary>Connects, and says nothing.</summary>
    public static async Task<RawClockClient> ConnectAsync(EndPoint server, bool listens = true)
    {
        Socket? door = null;
        if (listens)
        {
            door = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            door.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            door.Listen();
        }
        return new RawClockClient(await RawClient.ConnectAsync(server), door);
    }

    /// <summary>Says Hello and hears Welcome.</summary>
    public async Task RegisterAsync(Hello? hello = null)
    {
        int port = _door is null ? 0 : ((IPEndPoint)_door.LocalEndPoint!).Port;
        Hello said = hello ?? new Hello(ClockAbilities.Brotli, (ushort)port, 10_000_000, 2_000_000_000);
        await SendAsync(ClockProtocol.WriteHello(_frame, said));
        Assert(ClockMessage.Welcome, await ReceiveAsync());
        Id = ClockProtocol.ReadWelcome(_frame.AsSpan(ClockProtocol.HeaderSize)).ClientId;
    }

    public Task SendTickAsync(uint tick) =>
        SendAsync(ClockProtocol.WriteRequest(_frame, new ExchangeRequest(tick, new ClockReading(1, 1))));

    public async Task ExchangeTickAsync(uint tick)
    {
        await SendTickAsync(tick);
        Assert(ClockMessage.Reply, await ReceiveAsync());
    }

    public Task FinishAsync() => FinishAsync(new RecordingDone(RecordingDigest.Of(Recording), 0, 0, 0));

    public Task FinishAsync(RecordingDone done) => SendAsync(ClockProtocol.WriteDone(_frame, done));

    /// <summary>Sends Alive and takes the answer.</summary>
    public async Task<ClockMessage> AskAsync()
    {
        await SendAsync(ClockProtocol.WriteAlive(_frame));
        await ReceiveAsync();
        return (ClockMessage)_frame[0];
    }

    /// <summary>The rule that the server says was broken, after whatever comes before it.</summary>
    public async Task<string> ReceiveRuleAsync()
    {
        int length;
        do
            length = await ReceiveAsync();
        while ((ClockMessage)_frame[0] != ClockMessage.Goodbye);
        Goodbye goodbye = ClockProtocol.ReadGoodbye(_frame.AsSpan(ClockProtocol.HeaderSize, length));
        Xunit.Assert.Equal(GoodbyeReason.BrokenRule, goodbye.Reason);
        return goodbye.Rule;
    }

    /// <summary>Asks for the roster until it is there; this is for small ones.</summary>
    public async Task<RosterPage> WaitForRosterAsync()
    {
        while (true)
        {
            await SendAsync(ClockProtocol.WriteAlive(_frame));
            int length = await ReceiveAsync();
            if ((ClockMessage)_frame[0] != ClockMessage.Roster)
            {
                await Task.Delay(ClockTiming.AlivePeriod / 5);
                continue;
            }
            return RosterProtocol.ReadRoster(_frame.AsSpan(ClockProtocol.HeaderSize, length));
        }
    }

    /// <summary>Waits for a peer.</summary>
    public async Task<Socket> AcceptAsync() => await _door!.AcceptAsync().Bounded();

    public Task SendAsync(int length) => _server.SendAsync(_frame.AsMemory(0, length));

    public Task SendAsync(byte[] bytes) => _server.SendAsync(bytes);

    /// <summary>Everything that still comes from the server.</summary>
    public Task<byte[]> ReceiveToEndAsync() => _server.ReceiveToEndAsync();

    public void FinishSending() => _server.FinishSending();

    public void Reset() => _server.Reset();

    public void Dispose()
    {
        _server.Dispose();
        _door?.Dispose();
    }

    /// <returns>The length of the payload.</returns>
    private async Task<int> ReceiveAsync()
    {
        (await _server.ReceiveExactlyAsync(ClockProtocol.HeaderSize)).CopyTo(_frame, 0);
        int length = ClockProtocol.ReadHeader(_frame).Length;
        (await _server.ReceiveExactlyAsync(length)).CopyTo(_frame, ClockProtocol.HeaderSize);
        return length;
    }

    private void Assert(ClockMessage expected, int _) => Xunit.Assert.Equal(expected, (ClockMessage)_frame[0]);
}
