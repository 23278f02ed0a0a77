using System.Net;
using System.Net.Sockets;
using Hawser.Accepting;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>What is shed at once, and how long the accept loop pauses then, on a clock that the test moves.</summary>
public sealed class ShedderTest : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly RecordingObserver _observer = new();
    private readonly ListenerSet _listeners = ListenerSet.Open([new IPEndPoint(IPAddress.Loopback, 0)], backlog: 512);
    private readonly Shedder _shedder;
    private bool _hasRoom = true;

    public ShedderTest()
    {
        _listeners.Places = 1_000;
        _shedder = new Shedder(_listeners, _observer, _time, () => _hasRoom);
    }

    public void Dispose()
    {
        _shedder.Dispose();
        _listeners.Dispose();
    }

    [Fact]
    public async Task It_pauses_for_5_ms_then_twice_as_long_each_time_up_to_a_second()
    {
        foreach (int milliseconds in (int[])[5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000])
            await AssertPausesAsync(milliseconds);

        Assert.Equal(["descriptors"], _observer.Exhaustions);
    }

    [Fact]
    public async Task A_quiet_second_after_a_recovery_ends_the_episode()
    {
        Recover();
        Assert.Empty(_observer.Recoveries);
        await AssertPausesAsync(5);
        await AssertPausesAsync(10);

        _shedder.Recovered();
        Recover();

        Assert.Equal([0], _observer.Recoveries);
        await AssertPausesAsync(5);
        Assert.Equal(["descriptors", "descriptors"], _observer.Exhaustions);
    }

    [Fact]
    public async Task A_quiet_second_after_a_pause_ends_the_episode_though_nobody_connects()
    {
        await AssertPausesAsync(5);
        await AssertPausesAsync(10);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Empty(_observer.Recoveries);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal([0], _observer.Recoveries);
        await AssertPausesAsync(5);
    }

    [Fact]
    public async Task An_episode_goes_on_while_there_is_no_room_for_another_connection()
    {
        _hasRoom = false;
        await AssertPausesAsync(5);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(_observer.Recoveries);

        _hasRoom = true;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([0], _observer.Recoveries);
    }

    [Fact]
    public async Task A_server_that_stays_full_reports_one_episode()
    {
        for (int departure = 0; departure < 100; departure++)
        {
            Task shedding = _shedder.ShedAsync("descriptors", hasReset: false, CancellationToken.None);
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await shedding.Bounded();
            _shedder.Recovered();
            _time.Advance(TimeSpan.FromMilliseconds(900));
        }

        Assert.Equal(["descriptors"], _observer.Exhaustions);
        Assert.Empty(_observer.Recoveries);
    }

    [Fact]
    public async Task An_error_that_says_nothing_about_the_waiting_clients_sheds_none()
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_listeners.EndPoints[0]).Bounded();

        Task pause = _shedder.PauseAsync("Operation not permitted", CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        await pause.Bounded();

        Assert.True(_listeners.TryAccept(out AcceptedSocket accepted));
        accepted.Socket.Dispose();
        Assert.Equal(["cannot accept: Operation not permitted; trying again"], _observer.Warnings);
        Assert.Empty(_observer.Exhaustions);
    }

    [Fact]
    public async Task It_sheds_256_waiting_connections_at_once_and_the_others_next_time()
    {
        var clients = new List<Socket>();
        for (int i = 0; i < 300; i++)
        {
            clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await clients[i].ConnectAsync(_listeners.EndPoints[0]).Bounded();
        }

        await AssertPausesAsync(5);
        Recover();
        await AssertPausesAsync(5);
        Recover();

        Assert.Equal([256, 44], _observer.Recoveries);
        foreach (Socket client in clients)
        {
            // An orderly end would confirm a message.
            var error = await Assert.ThrowsAsync<SocketException>(() => client.ReceiveAsync(new byte[1]).Bounded());
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_connection_that_could_not_be_kept_counts_and_frees_its_place()
    {
        _listeners.Places = 0;

        Task shedding = _shedder.ShedAsync("threads", hasReset: true, CancellationToken.None);

        Assert.True(_listeners.HasPlace);
        Assert.Same(shedding, _shedder.ShedAsync("threads", hasReset: false, CancellationToken.None));
        _time.Advance(TimeSpan.FromMilliseconds(5));
        await shedding.Bounded();
        Recover();
        Assert.Equal([1], _observer.Recoveries);
    }

    [Fact]
    public async Task The_stop_ends_the_pause()
    {
        using var stopping = new CancellationTokenSource();
        Task shedding = _shedder.ShedAsync("memory", hasReset: false, stopping.Token);
        Assert.False(shedding.IsCompleted);

        await stopping.CancelAsync();

        await shedding.Bounded();
    }

    private void Recover()
    {
        _shedder.Recovered();
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private async Task AssertPausesAsync(int milliseconds)
    {
        Task shedding = _shedder.ShedAsync("descriptors", hasReset: false, CancellationToken.None);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), _time.Pending.Min());
        Assert.False(shedding.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await shedding.Bounded();
    }
}
