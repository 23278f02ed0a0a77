using System.Net;
using System.Net.Sockets;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class PeerSwapTest : IDisposable
{
    private static readonly byte[] Mine = Recordings.Make(6_000, "10.0.0.2:40000");
    private static readonly byte[] Theirs = Recordings.Make(3_000, "10.0.0.3:40001");
    private static readonly byte[] Others = Recordings.Make(3_000, "10.0.0.4:40001");
    private static readonly PairToken Pair = PairToken.Of(ClockToken.Create(), caller: 0);

    private readonly TemporaryFolder _folder = new();
    private RecordingDigest _their = RecordingDigest.Of(Theirs);
    private long _longest = ClockLimits.RecordingBytes;
    private readonly List<byte> _given = [];

    public PeerSwapTest()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllBytes(TimeDataWriter.ClientPath(_folder["out"], 0), Mine);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Honest_peers_exchange_recordings_compressed_if_supported(bool canUnpack)
    {
        ClockAbilities abilities = canUnpack ? ClockAbilities.Brotli : ClockAbilities.None;
        PeerSwap swap = await PlayAsync(async frames =>
        {
            await WelcomeAsync(frames, abilities);
            await TakeAsync(frames);
            await GiveAsync(frames, new Offer(false, RecordingDigest.Of(Theirs)), Theirs);
            await frames.ExpectAsync(ClockMessage.Receipt);
        });
        Assert.True(swap.ToDeliveries().IsComplete);
        Assert.Equal(Theirs, await File.ReadAllBytesAsync(TimeDataWriter.CopyPath(_folder["out"], 0, 1)));
        if (canUnpack)
            Assert.InRange(_given.Count, 1, Mine.Length / 10);
        else
            Assert.Equal(Mine, _given);
    }

    [Fact]
    public async Task A_peer_that_closes_without_a_word_has_refused() =>
        await AssertMissingAsync("the peer refused", _ => Task.CompletedTask);

    [Fact]
    public async Task A_peer_that_refuses_has_refused() =>
        await AssertMissingAsync("the peer refused", async frames =>
            await frames.SendAsync(PeerProtocol.WritePeerRefused(frames.Room(1), RefusalReason.Busy)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_with_a_wrong_id_or_token_receives_no_recording(bool isAnother)
    {
        await AssertMissingAsync("the peer broke the protocol", async frames =>
        {
            var welcome = new PeerWelcome(ClockAbilities.None, isAnother ? 5u : 1u, isAnother ? Pair.Answer : Pair.Call);
            await frames.SendAsync(PeerProtocol.WritePeerWelcome(frames.Room(PeerProtocol.PeerWelcomeSize), welcome));
            await TakeAsync(frames);
        });
        Assert.Empty(_given);
    }

    [Fact]
    public async Task A_peer_that_answers_garbage_broke_the_protocol() =>
        await AssertMissingAsync("the peer broke the protocol", async frames =>
        {
            "HTTP/1.1 400"u8.CopyTo(frames.Room(64));
            await frames.SendAsync(12);
        });

    public static TheoryData<string, int> JunkInEveryState
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (string state in (string[])["welcomed", "given", "offered", "within the recording"])
            {
                for (int seed = 0; seed < 8; seed++)
                    all.Add(state, seed);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(JunkInEveryState))]
    public async Task A_peer_that_sends_junk_in_any_state_leaves_nothing_behind(string state, int seed)
    {
        PeerSwap swap = await PlayAsync(async frames =>
        {
            await WelcomeAsync(frames, ClockAbilities.None);
            if (state != "welcomed")
                await TakeAsync(frames);
            if (state is "offered" or "within the recording")
            {
                var offer = new Offer(false, RecordingDigest.Of(Theirs));
                await frames.SendAsync(PeerProtocol.WriteOffer(frames.Room(PeerProtocol.OfferSize), offer));
            }
            if (state == "within the recording")
                await SendChunkAsync(frames, Theirs[..1000]);
            await SendJunkAsync(frames, new Random(seed));
        });

        Assert.Single(swap.ToDeliveries().Missing);
        Assert.Equal(
            [TimeDataWriter.ClientPath(_folder["out"], 0)],
            Directory.EnumerateFiles(_folder["out"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public Task A_peer_that_offers_another_size_is_not_believed() => AssertGivenAsync(
        "the recording went on beyond its size on the roster", new Offer(false, RecordingDigest.Of(Mine)), Mine);

    [Fact]
    public Task A_peer_that_offers_another_hash_is_not_believed() => AssertGivenAsync(
        "the recording's hash is not that of the roster",
        new Offer(false, new RecordingDigest(Theirs.Length, new byte[RecordingDigest.HashBytes])), Theirs);

    [Fact]
    public Task A_peer_recording_with_other_bytes_fails_the_hash_check() => AssertGivenAsync(
        "the recording's hash is not that of the roster",
        new Offer(false, RecordingDigest.Of(Theirs)), Others);

    [Fact]
    public Task A_peer_file_that_is_not_a_recording_is_rejected() => AssertGivenAsync(
        "what the peer sent is not a recording", new Offer(false, RecordingDigest.Of(Theirs)), Mine[20..(20 + Theirs.Length)]);

    [Fact]
    public async Task A_decompression_bomb_of_the_announced_size_and_hash_is_rejected()
    {
        byte[] zeros = new byte[50_000_000];
        byte[] bomb = new byte[100_000];
        Assert.True(System.IO.Compression.BrotliEncoder.TryCompress(zeros, bomb, out int length, quality: 5, window: 22));
        _their = RecordingDigest.Of(zeros);
        await AssertMissingAsync("what the peer sent is not a recording", async frames =>
        {
            await WelcomeAsync(frames, ClockAbilities.Brotli);
            await TakeAsync(frames);
            await GiveAsync(frames, new Offer(true, _their), bomb[..length]);
            await frames.ExpectAsync(ClockMessage.Receipt);
        });
        Assert.False(File.Exists(TimeDataWriter.CopyPath(_folder["out"], 0, 1) + ".part"));
    }

    [Fact]
    public async Task A_recording_larger_than_the_session_allows_is_not_taken()
    {
        _longest = Theirs.Length - 1;
        await AssertGivenAsync(
            "the recording is larger than its session allows", new Offer(false, RecordingDigest.Of(Theirs)), Theirs);
    }

    [Fact]
    public async Task A_peer_at_an_address_that_cannot_have_reached_the_server_is_not_connected_to()
    {
        await using TestServer peer = TestServer.Start("async", _ => throw new InvalidOperationException("connected to"));
        PeerSwap swap = MakeSwap(peer.EndPoint, server: "192.0.2.1");
        await swap.PlayAsync(CancellationToken.None).Bounded();
        Assert.Equal(
            "client 1: its address is not one to connect to (see --peer-networks)",
            Assert.Single(swap.ToDeliveries().Missing));
        Assert.Empty(peer.Observer.AcceptedOnes);
    }

    [Fact]
    public async Task A_meeting_that_goes_on_is_cut_off_at_its_time_and_not_before()
    {
        var time = new FakeTime();
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        await using var connection = new Connection(end);
        await using var peer = new Connection(other);
        // 15 s, and a second for every 64 KiB of both recordings.
        TimeSpan cap = TimeSpan.FromSeconds(15 + ((Mine.Length + Theirs.Length) / 65_536));
        PeerMeeting meeting = MakeMeeting(time, stall: TimeSpan.FromDays(1));
        Task answering = meeting.AnswerAsync(
            connection, new ClockFrames(connection), new PeerHello(ClockAbilities.None, Pair.Call, 1, 0), Pair.Answer);
        time.Advance(cap - TimeSpan.FromMilliseconds(1));
        Assert.Equal(CloseReason.None, connection.EndedBy);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(CloseReason.IdleTimeout, connection.EndedBy);
        await Assert.ThrowsAsync<ConnectionClosedException>(() => answering).Bounded();
        Assert.False(File.Exists(_folder["copy"]));
    }

    [Theory]
    [InlineData(30, 86_400)]
    [InlineData(15, 15)]
    public async Task A_peer_that_is_silent_is_cut_off_when_called_after_30_s_and_in_a_meeting_after_15_s(int seconds, int stallSeconds)
    {
        var time = new FakeTime();
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        await using var connection = new Connection(end);
        await using var peer = new Connection(other);
        PeerMeeting meeting = MakeMeeting(time, TimeSpan.FromSeconds(stallSeconds));
        var frames = new ClockFrames(connection);
        Task meets = stallSeconds > seconds
            ? meeting.CallAsync(connection, new PeerHello(ClockAbilities.None, Pair.Call, 0, 1))
            : meeting.AnswerAsync(
                connection, frames, new PeerHello(ClockAbilities.None, Pair.Call, 1, 0), Pair.Answer);
        time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(CloseReason.None, connection.EndedBy);
        // A watchdog may look a twentieth of its timeout late.
        time.Advance(TimeSpan.FromMilliseconds(1) + (TimeSpan.FromSeconds(stallSeconds == seconds ? seconds : 0) / 20));
        Assert.Equal(CloseReason.IdleTimeout, connection.EndedBy);
        await Assert.ThrowsAsync<ConnectionClosedException>(() => meets).Bounded();
    }

    [Fact]
    public Task A_truncated_peer_recording_is_rejected() => AssertGivenAsync(
        "the recording ended too early", new Offer(false, RecordingDigest.Of(Theirs)), Theirs[..1000]);

    [Fact]
    public Task An_overlong_peer_recording_is_rejected() => AssertGivenAsync(
        "the recording went on beyond its size on the roster",
        new Offer(false, RecordingDigest.Of(Theirs)), [.. Theirs, .. Theirs]);

    [Fact]
    public async Task A_peer_that_leaves_in_the_middle_has_cut_it_short() =>
        await AssertMissingAsync("the recording ended too early", async frames =>
        {
            await WelcomeAsync(frames, ClockAbilities.None);
            await TakeAsync(frames);
            var offer = new Offer(false, RecordingDigest.Of(Theirs));
            await frames.SendAsync(PeerProtocol.WriteOffer(frames.Room(PeerProtocol.OfferSize), offer));
            ClockProtocol.WriteHeader(frames.Room(1000), ClockMessage.Chunk, 1000);
            await frames.SendAsync(500);
        });

    [Fact]
    public async Task A_peer_that_refuses_is_unreachable_after_three_attempts()
    {
        // Bound and not listening: the port refuses.
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        PeerSwap swap = MakeSwap(closed.LocalEndPoint!);
        await swap.PlayAsync(CancellationToken.None).Bounded();
        Assert.Equal("client 1: the peer could not be reached", Assert.Single(swap.ToDeliveries().Missing));
    }

    [Fact]
    public async Task A_peer_that_stalls_is_cut_off()
    {
        await using TestServer peer = TestServer.Start("async", async connection =>
        {
            var frames = new ClockFrames(connection);
            await frames.ExpectAsync(ClockMessage.PeerHello);
            await WelcomeAsync(frames, ClockAbilities.None);
            while (await frames.ReadAsync() == InputState.Ready)
            {
            }
        });
        PeerMeeting meeting = MakeMeeting(TimeProvider.System, TimeSpan.FromMilliseconds(200), peer.EndPoint);
        await using Connection connection = await Dialer.ConnectAsync(peer.EndPoint, Patience.Limit);
        ConnectionClosedException error = await Assert.ThrowsAsync<ConnectionClosedException>(
            () => meeting.CallAsync(connection, new PeerHello(ClockAbilities.None, Pair.Call, 0, 1))).Bounded();
        Assert.Equal(CloseReason.IdleTimeout, error.Reason);
    }

    [Fact]
    public async Task Cancellation_ends_a_stalled_meeting()
    {
        using var leave = new CancellationTokenSource();
        await using TestServer peer = TestServer.Start("async", async connection =>
        {
            await connection.WaitForInputAsync(1);
            await leave.CancelAsync();
            await connection.ReadAsync();
            await connection.ReadAsync();
        });
        PeerSwap swap = MakeSwap(peer.EndPoint);
        await swap.PlayAsync(leave.Token).Bounded();
        Assert.False(swap.ToDeliveries().IsComplete);
    }

    private PeerMeeting MakeMeeting(TimeProvider time, TimeSpan stall, EndPoint? peer = null) => new(
        Roster(peer ?? new IPEndPoint(IPAddress.Loopback, 1))[1], Own, _folder["copy"], long.MaxValue, stall, time);

    private OwnRecording Own => new(TimeDataWriter.ClientPath(_folder["out"], 0), RecordingDigest.Of(Mine));

    private Task AssertGivenAsync(string missing, Offer offer, byte[] content) => AssertMissingAsync(missing, async frames =>
    {
        await WelcomeAsync(frames, ClockAbilities.None);
        await TakeAsync(frames);
        await GiveAsync(frames, offer, content);
        await frames.ExpectAsync(ClockMessage.Receipt);
    });

    private async Task AssertMissingAsync(string missing, Func<ClockFrames, Task> speak)
    {
        PeerSwap swap = await PlayAsync(speak);
        Assert.Equal($"client 1: {missing}", Assert.Single(swap.ToDeliveries().Missing));
        Assert.False(File.Exists(TimeDataWriter.CopyPath(_folder["out"], 0, 1)));
    }

    private async Task<PeerSwap> PlayAsync(Func<ClockFrames, Task> speak)
    {
        await using TestServer peer = TestServer.Start("async", async connection =>
        {
            var frames = new ClockFrames(connection);
            await frames.ExpectAsync(ClockMessage.PeerHello);
            await speak(frames);
        });
        PeerSwap swap = MakeSwap(peer.EndPoint);
        await swap.PlayAsync(CancellationToken.None).Bounded();
        return swap;
    }

    private PeerSwap MakeSwap(EndPoint peer, string server = "127.0.0.1")
    {
        var roster = new RosterReceiver();
        roster.Take(new RosterPage(ClockToken.Create(), 2, 0, Roster(peer)));
        return new PeerSwap(0, roster, Own, _folder["out"])
        {
            Addresses = new PeerAddresses(IPAddress.Parse(server), null),
            LongestRecording = _longest,
        };
    }

    private RosterEntry[] Roster(EndPoint peer) =>
    [
        new(0, new IPEndPoint(IPAddress.Loopback, 1), ClockAbilities.Brotli, RecordingDigest.Of(Mine)),
        new(1, (IPEndPoint)peer, ClockAbilities.Brotli, _their) { Pair = Pair },
    ];

    private static async Task WelcomeAsync(ClockFrames frames, ClockAbilities abilities) => await frames.SendAsync(
        PeerProtocol.WritePeerWelcome(frames.Room(PeerProtocol.PeerWelcomeSize), new PeerWelcome(abilities, 1, Pair.Answer)));

    private async Task TakeAsync(ClockFrames frames)
    {
        await frames.ExpectAsync(ClockMessage.Offer);
        do
        {
            await frames.ExpectAsync(ClockMessage.Chunk);
            _given.AddRange(frames.Payload);
        }
        while (frames.Payload.Length > 0);
        await frames.SendAsync(PeerProtocol.WriteReceipt(frames.Room(1), DeliveryOutcome.Delivered));
    }

    private static async Task GiveAsync(ClockFrames frames, Offer offer, byte[] content)
    {
        await frames.SendAsync(PeerProtocol.WriteOffer(frames.Room(PeerProtocol.OfferSize), offer));
        foreach (byte[] chunk in content.Chunk(ClockLimits.ChunkBytes).Append([]))
            await SendChunkAsync(frames, chunk);
    }

    private static async Task SendChunkAsync(ClockFrames frames, byte[] chunk)
    {
        Span<byte> frame = frames.Room(chunk.Length);
        chunk.CopyTo(frame[ClockProtocol.HeaderSize..]);
        await frames.SendAsync(ClockProtocol.WriteHeader(frame, ClockMessage.Chunk, chunk.Length));
    }

    /// <summary>Random bytes, half of them with the header of a frame that may come from a peer.</summary>
    private static async Task SendJunkAsync(ClockFrames frames, Random random)
    {
        int length = random.Next(1, 4096);
        Span<byte> junk = frames.Room(length);
        random.NextBytes(junk);
        if (random.Next(2) == 0)
            ClockProtocol.WriteHeader(junk, (ClockMessage)random.Next((int)ClockMessage.PeerHello, 20), length);
        await frames.SendAsync(ClockProtocol.HeaderSize + length);
    }
}
