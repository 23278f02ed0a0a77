using System.Net;
using Hawser.Services.Clock;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed class PeerDoorTest : IAsyncDisposable
{
    private static readonly byte[] Content = "Timestamp Data\n"u8.ToArray();
    private static readonly RecordingDigest Digest = RecordingDigest.Of(Content);

    private readonly TemporaryFolder _folder = new();
    private readonly PeerDoor _door = PeerDoor.Open(IPAddress.Loopback);
    private readonly RosterReceiver _roster = new();

    public PeerDoorTest()
    {
        var nowhere = new IPEndPoint(IPAddress.Loopback, 1);
        RosterEntry[] entries =
            [.. Enumerable.Range(0, 3).Select(id => new RosterEntry((uint)id, nowhere, ClockAbilities.Brotli, Digest))];
        Assert.True(_roster.TryTake(new RosterPage(SessionToken.Create(), 3, 0, entries), out _));
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllBytes(TimeDataWriter.ClientPath(_folder["out"], 1), Content);
    }

    [Fact]
    public async Task Who_knows_the_token_and_is_expected_is_welcome()
    {
        Begin();
        byte[] answer = await GreetAsync(new PeerHello(ClockAbilities.Brotli, _roster.Token, 0, 1), finish: true);
        Assert.Equal((byte)ClockMessage.PeerWelcome, answer[0]);
        Assert.Equal(ClockProtocol.HeaderSize + PeerProtocol.PeerWelcomeSize, answer.Length);
    }

    [Fact]
    public async Task Who_does_not_know_the_token_is_given_no_byte()
    {
        Begin();
        Assert.Empty(await GreetAsync(new PeerHello(ClockAbilities.Brotli, SessionToken.Create(), 0, 1)));
        Assert.Empty(await SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray()));
        Assert.Empty(await SendAsync([(byte)ClockMessage.Alive, 0, 0, 0]));
    }

    [Fact]
    public async Task Before_its_own_recording_is_over_nobody_is_given_a_byte()
    {
        Assert.Empty(await GreetAsync(new PeerHello(ClockAbilities.Brotli, _roster.Token, 0, 1)));
    }

    [Theory]
    [InlineData(7, 1)]
    [InlineData(2, 1)]
    [InlineData(0, 2)]
    public async Task Who_is_not_on_the_roster_or_not_the_one_to_call_is_refused(uint from, uint to)
    {
        Begin();
        byte[] answer = await GreetAsync(new PeerHello(ClockAbilities.Brotli, _roster.Token, from, to));
        Assert.Equal([(byte)ClockMessage.PeerRefused, 0, 0, 1, (byte)RefusalReason.NoSuchRecording], answer);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync().AsTask().Bounded();
        _folder.Dispose();
    }

    private void Begin()
    {
        _door.Expect();
        var own = new OwnRecording(TimeDataWriter.ClientPath(_folder["out"], 1), Digest);
        _door.Begin(new PeerExchange(1, _roster, own, _folder["out"]));
    }

    private Task<byte[]> GreetAsync(PeerHello hello, bool finish = false)
    {
        byte[] frame = new byte[64];
        return SendAsync(frame[..PeerProtocol.WritePeerHello(frame, hello)], finish);
    }

    private async Task<byte[]> SendAsync(byte[] bytes, bool finish = false)
    {
        using RawClient peer = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _door.Port));
        await peer.SendAsync(bytes);
        if (finish)
            peer.FinishSending();
        return await peer.ReceiveToEndAsync();
    }
}
