using System.Net;
using System.Net.Sockets;
using Hawser.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Ping;

public sealed class PingClientTest
{
    [Theory]
    [InlineData("pong 0 2\n", "answered ping 1 with 'pong 0 2'")]
    [InlineData("pong 1 1\n", "answered ping 1 with 'pong 1 1'")]
    [InlineData("ping 0 1\n", "answered ping 1 with 'ping 0 1'")]
    [InlineData("\u001b[31mred\a\n", "answered ping 1 with '\\u001B[31mred\\u0007'")]
    [InlineData("ERROR: too many\n", "answered ping 1 with 'ERROR: too many'")]
    [InlineData("pong 0", "truncated line")]
    [InlineData("", "closed the connection before it answered ping 1")]
    public async Task A_wrong_answer_is_named(string answer, string complaint)
    {
        var broken = await Assert.ThrowsAsync<ProtocolException>(() => PingAsync(async server =>
        {
            Assert.Equal("ping 0 1", await server.ReadLineAsync());
            await server.SendAsync(answer);
            server.FinishSending();
        }));

        Assert.Contains(complaint, broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        var broken = await Assert.ThrowsAsync<ProtocolException>(
            () => PingAsync(server => server.SendAsync(new string('x', 1000))));

        Assert.Contains("longer than 128 bytes", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_resets_is_noticed()
    {
        var closed = await Assert.ThrowsAsync<ConnectionClosedException>(() => PingAsync(async server =>
        {
            await server.ReadLineAsync();
            server.Reset();
        }));

        Assert.Equal(CloseReason.PeerReset, closed.Reason);
    }

    [Fact]
    public async Task Every_pong_is_reported_once_with_its_time()
    {
        await using PingServer server = PingServer.Start("threads");
        var pongs = new List<long>();

        long bytes = await PingClient.RunAsync(server.EndPoint, new() { Client = 7, Count = 12 }, (n, time) =>
        {
            Assert.True(time > TimeSpan.Zero);
            pongs.Add(n);
        }).Bounded();

        Assert.Equal(Enumerable.Range(1, 12).Select(n => (long)n), pongs);
        Assert.Equal(Enumerable.Range(1, 12).Sum(n => $"pong 7 {n}\n".Length), bytes);
    }

    [Fact]
    public async Task A_cancelled_client_leaves_after_the_pong_it_waits_for()
    {
        await using PingServer server = PingServer.Start("threads");
        using var cancel = new CancellationTokenSource();
        var pongs = new List<long>();

        await PingClient.RunAsync(server.EndPoint, new() { Count = long.MaxValue }, (n, _) =>
        {
            pongs.Add(n);
            if (n == 3)
                cancel.Cancel();
        }, cancel.Token).Bounded();

        Assert.Equal([1, 2, 3], pongs);
        await server.Log.LineWithAsync("- connection 1 after 3 pongs");
    }

    [Fact]
    public async Task A_client_gives_up_on_a_pong_that_does_not_come()
    {
        using Socket silent = Listening();

        Task client = PingClient.RunAsync(
            silent.LocalEndPoint!, new() { Timeout = TimeSpan.FromMilliseconds(50) }, (_, _) => { });

        var late = await Assert.ThrowsAsync<TimeoutException>(() => client.Bounded());
        Assert.Equal("no answer to ping 1 within 50 ms", late.Message);
    }

    [Fact]
    public async Task A_waiting_client_can_be_cancelled()
    {
        using Socket silent = Listening();
        using var cancel = new CancellationTokenSource();

        Task client = PingClient.RunAsync(silent.LocalEndPoint!, new(), (_, _) => { }, cancel.Token);
        using RawPeer peer = await RawPeer.AcceptAsync(silent);
        await peer.ReadLineAsync();
        cancel.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Bounded());
    }

    private static Socket Listening()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    /// <summary>A client of one ping against a server that does as it likes.</summary>
    private static async Task PingAsync(Func<RawPeer, Task> server)
    {
        using Socket listener = Listening();
        Task client = PingClient.RunAsync(listener.LocalEndPoint!, new(), (_, _) => { });
        using RawPeer peer = await RawPeer.AcceptAsync(listener);
        await server(peer);
        await client.Bounded();
    }
}
