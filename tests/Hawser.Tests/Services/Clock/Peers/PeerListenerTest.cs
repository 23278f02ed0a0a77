using System.Net;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class PeerListenerTest : IAsyncDisposable
{
    private static readonly byte[] Content = "Timestamp Data\n"u8.ToArray();
    private static readonly RecordingDigest Digest = RecordingDigest.Of(Content);

    private readonly TemporaryFolder _folder = new();
    private readonly PeerListener _listener = PeerListener.Open(IPAddress.Loopback);
    private readonly ClockToken _key = ClockToken.Create();
    private readonly RosterReceiver _roster = new();

    public PeerListenerTest()
    {
        var nowhere = new IPEndPoint(IPAddress.Loopback, 1);
        RosterEntry[] entries =
            [.. Enumerable.Range(0, 3).Select(id => new RosterEntry((uint)id, nowhere, ClockAbilities.Brotli, Digest))];
        _roster.Take(new RosterPage(_key, 3, 0, entries));
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllBytes(TimeDataWriter.ClientPath(_folder["out"], 1), Content);
    }

    [Fact]
    public async Task An_authenticated_and_expected_peer_is_welcomed()
    {
        Begin();
        byte[] answer = await GreetAsync(Greeting(0, 1), finish: true);
        Assert.Equal((byte)ClockMessage.PeerWelcome, answer[0]);
        Assert.Equal(ClockProtocol.HeaderSize + PeerProtocol.PeerWelcomeSize, answer.Length);
        PeerWelcome welcome = PeerProtocol.ReadPeerWelcome(answer.AsSpan(ClockProtocol.HeaderSize));
        Assert.True(welcome.Token.Equals(PairToken.Of(_key, caller: 0).Answer));
    }

    [Fact]
    public async Task Silent_strangers_filling_the_listener_do_not_lock_out_a_peer()
    {
        Begin();
        var strangers = new List<RawClient>();
        // So many that waiting for all of them to be given up would take longer than a test may.
        for (int i = 0; i < 300; i++)
        {
            RawClient stranger = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _listener.Port));
            strangers.Add(stranger);
            await stranger.SendAsync(new[] { (byte)ClockMessage.PeerHello });
        }
        byte[] answer = await GreetAsync(Greeting(0, 1), finish: true);
        Assert.Equal((byte)ClockMessage.PeerWelcome, answer[0]);
        foreach (RawClient stranger in strangers)
            stranger.Dispose();
    }

    [Fact]
    public async Task A_member_impersonating_another_receives_no_bytes()
    {
        Begin();
        ClockToken its = PairToken.Of(_key, caller: 2).Call;
        Assert.Empty(await GreetAsync(new PeerHello(ClockAbilities.Brotli, its, 0, 1)));
    }

    [Fact]
    public async Task A_caller_without_the_token_receives_no_bytes()
    {
        Begin();
        Assert.Empty(await GreetAsync(new PeerHello(ClockAbilities.Brotli, ClockToken.Create(), 0, 1)));
        Assert.Empty(await SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray()));
        Assert.Empty(await SendAsync([(byte)ClockMessage.Alive, 0, 0, 0]));
    }

    [Fact]
    public async Task The_listener_sends_nothing_before_its_own_recording_is_complete()
    {
        Assert.Empty(await GreetAsync(Greeting(0, 1)));
    }

    [Theory]
    [InlineData(7, 1)]
    [InlineData(2, 1)]
    [InlineData(0, 2)]
    public async Task A_caller_off_the_roster_or_out_of_turn_is_refused(uint from, uint to)
    {
        Begin();
        byte[] answer = await GreetAsync(Greeting(from, to));
        Assert.Equal([(byte)ClockMessage.PeerRefused, 0, 0, 1, (byte)RefusalReason.NoSuchRecording], answer);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().AsTask().Bounded();
        _folder.Dispose();
    }

    private void Begin()
    {
        _listener.Expect();
        var own = new OwnRecording(TimeDataWriter.ClientPath(_folder["out"], 1), Digest);
        _listener.Begin(new PeerSwap(1, _roster, own, _folder["out"])
        {
            Addresses = new PeerAddresses(IPAddress.Loopback, null),
            LongestRecording = ClockLimits.RecordingBytes,
        });
    }

    private PeerHello Greeting(uint from, uint to) =>
        new(ClockAbilities.Brotli, PairToken.Of(_key, from).Call, from, to);

    private Task<byte[]> GreetAsync(PeerHello hello, bool finish = false)
    {
        byte[] frame = new byte[64];
        return SendAsync(frame[..PeerProtocol.WritePeerHello(frame, hello)], finish);
    }

    private async Task<byte[]> SendAsync(byte[] bytes, bool finish = false)
    {
        using RawClient peer = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _listener.Port));
        await peer.SendAsync(bytes);
        if (finish)
            peer.FinishSending();
        return await peer.ReceiveToEndAsync();
    }
}
