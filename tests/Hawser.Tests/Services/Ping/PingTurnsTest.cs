using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Ping;

/// <summary>What the models are there to show, told by the order of events.</summary>
public sealed class PingTurnsTest
{
    private const int ManyPings = 20;

    [Fact]
    public async Task Sequential_serves_one_client_to_its_end_before_the_next_gets_its_first_pong()
    {
        await using PingServer server = PingServer.Start("sequential");
        using RawPeer first = await server.ConnectAsync();
        await PingAsync(first, 0, 1);
        using RawPeer second = await server.ConnectAsync();
        await second.SendAsync("ping 1 1\n");
        Task<string?> pong = second.ReadLineAsync();

        for (int n = 2; n <= ManyPings; n++)
            await PingAsync(first, 0, n);
        Assert.False(pong.IsCompleted);

        first.FinishSending();
        Assert.Equal("pong 1 1", await pong);
        Assert.Equal(["+ connection 1", $"- connection 1 after {ManyPings} pongs", "+ connection 2"],
            server.Log.Lines.Select(line => line.Split(" from")[0]));
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task Clients_interleave(string model)
    {
        await using PingServer server = PingServer.Start(model);
        using RawPeer first = await server.ConnectAsync();
        using RawPeer second = await server.ConnectAsync();

        for (int n = 1; n <= ManyPings; n++)
        {
            await PingAsync(first, 0, n);
            await PingAsync(second, 1, n);
        }
    }

    [Fact]
    public async Task With_a_pool_of_n_threads_client_n_plus_1_waits()
    {
        await using PingServer server = PingServer.Start("pool", threads: 2);
        using RawPeer first = await server.ConnectAsync();
        using RawPeer second = await server.ConnectAsync();
        await PingAsync(first, 0, 1);
        await PingAsync(second, 1, 1);
        using RawPeer third = await server.ConnectAsync();
        await third.SendAsync("ping 2 1\n");
        Task<string?> pong = third.ReadLineAsync();

        for (int n = 2; n <= ManyPings; n++)
        {
            await PingAsync(first, 0, n);
            await PingAsync(second, 1, n);
        }
        Assert.False(pong.IsCompleted);

        second.FinishSending();
        Assert.Equal("pong 2 1", await pong);
        await PingAsync(first, 0, ManyPings + 1);
    }

    [Fact]
    public async Task Under_select_a_slow_client_delays_all_others()
    {
        await using PingServer server = PingServer.Start("select", slowClient: "1=200ms", verbose: true);
        using RawPeer other = await server.ConnectAsync();
        using RawPeer slow = await server.ConnectAsync();
        await PingAsync(other, 0, 1);
        await slow.SendAsync("ping 1 1\n");
        await server.Log.LineWithAsync(": ping 1 1");

        // The loop is held now: whoever asks later is answered later.
        await PingAsync(other, 0, 2);

        Assert.Equal("pong 1 1\n".Length, slow.Available);
    }

    [Theory, Models(ModelKind.ConcurrentBlocking)]
    public async Task Under_threads_a_slow_client_holds_up_only_itself(string model)
    {
        await using PingServer server = PingServer.Start(model, slowClient: "1=never", verbose: true);
        using RawPeer other = await server.ConnectAsync();
        using RawPeer slow = await server.ConnectAsync();
        await slow.SendAsync("ping 1 1\n");
        Task<string?> pong = slow.ReadLineAsync();
        await server.Log.LineWithAsync(": ping 1 1");

        for (int n = 1; n <= ManyPings; n++)
            await PingAsync(other, 0, n);
        Assert.False(pong.IsCompleted);

        await server.StopAsync();
        Assert.Equal("pong 1 1", await pong);
    }

    [Theory, Models(ModelKind.KeepsThread)]
    public async Task The_log_names_the_thread_that_serves(string model)
    {
        // A thread for each connection is called 'hawser thread 1'.
        string thread = $"'hawser {model.TrimEnd('s')}";
        await using PingServer server = PingServer.Start(model);
        using RawPeer client = await server.ConnectAsync();
        await PingAsync(client, 0, 1);

        Assert.Contains($"on thread {thread}", await server.Log.LineWithAsync("+ connection 1"), StringComparison.Ordinal);
    }

    private static async Task PingAsync(RawPeer client, int number, int n)
    {
        await client.SendAsync($"ping {number} {n}\n");
        Assert.Equal($"pong {number} {n}", await client.ReadLineAsync());
    }
}
