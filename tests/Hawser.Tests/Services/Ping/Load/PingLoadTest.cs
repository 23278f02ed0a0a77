using System.Net;
using Hawser.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

/// <summary>Loads on real servers. Those that need round trips go on until they have them, and none needs its
/// time.</summary>
public sealed class PingLoadTest
{
    // A backlog of 0 takes two connections whose handshakes overlap.
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task In_a_closed_loop_every_client_pings_and_every_round_trip_is_counted_once()
    {
        await using PingServer server = PingServer.Start("threads");

        PingLoadReport report = await RunUntilAsync(
            Load(clients: 4, server.EndPoint), view => view is { Connected: 4, RoundTrips: > 1000 });

        Assert.Equal((0, null), (report.Failed, report.FirstError));
        Assert.Equal((4, 4), (report.Connect.Count, report.FirstAnswer.Count));
        Assert.Equal(report.RoundTrips, report.ServiceTime.Count);
        // Under a closed loop a ping is sent when it is to be sent: booked a moment apart, within a bucket or two.
        Assert.InRange(report.ServiceTime.MeanNs, 0.5 * report.Latency.MeanNs, report.Latency.MeanNs);
        Assert.InRange(report.JainIndex, 0.25, 1);
        Assert.InRange(report.RoundTrips, report.Fastest + report.Slowest, 4 * report.Fastest);
    }

    [Fact]
    public async Task Clients_are_dealt_out_to_several_servers()
    {
        await using PingServer one = PingServer.Start("threads");
        await using PingServer other = PingServer.Start("select");

        PingLoadReport report = await RunUntilAsync(
            Load(clients: 4, one.EndPoint, other.EndPoint), view => view is { Connected: 4, RoundTrips: > 100 });
        await one.StopAsync();
        await other.StopAsync();

        Assert.Equal(0, report.Failed);
        Assert.All((PingServer[])[one, other], server => Assert.Equal(
            2, server.Log.Lines.Count(line => line.StartsWith("+ connection", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Under_a_sequential_server_fairness_is_one_in_n()
    {
        await using PingServer server = PingServer.Start("sequential");

        PingLoadReport report = await RunUntilAsync(
            Load(clients: 3, server.EndPoint) with { Loops = 1 }, view => view is { Connected: 3, RoundTrips: > 100 });

        Assert.Equal(1.0 / 3, report.JainIndex, 12);
        Assert.Equal((0, report.RoundTrips), (report.Slowest, report.Fastest));
        Assert.Equal((0, 3), (report.Failed, report.Connect.Count));
    }

    [Fact]
    public async Task Warm_up_is_sent_and_not_counted()
    {
        await using var server = new StallingPingServer(stallAt: null, TimeSpan.Zero);

        PingLoadReport report = await PingLoad.RunAsync(Load(clients: 4, server.EndPoint) with
        {
            Rate = 1000,
            WarmUp = TimeSpan.FromMilliseconds(300),
            Duration = TimeSpan.FromMilliseconds(300),
        }).Bounded();

        // The schedule has 300 pings in either; what the machine was too slow for is unanswered.
        Assert.Equal(300, report.RoundTrips + report.Unanswered);
        Assert.True(server.Pings > report.RoundTrips, $"{server.Pings} pings came");
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_and_its_pings_are_unanswered()
    {
        using var server = new RawServer();

        PingLoadReport closed = await PingLoad.RunAsync(Mute()).Bounded();
        PingLoadReport open = await PingLoad.RunAsync(Mute() with { Rate = 1000 }).Bounded();

        Assert.Equal((0, 0, 2), (closed.RoundTrips, closed.Failed, closed.Unanswered));
        Assert.Equal((0, 0, 1000), (open.RoundTrips, open.Failed, open.Unanswered));

        PingLoadOptions Mute() => Load(clients: 2, server.EndPoint) with
        {
            Duration = TimeSpan.FromSeconds(1),
            Timeout = TimeSpan.FromMilliseconds(100),
        };
    }

    [Theory]
    [InlineData("pong 0 2\n", "answered a ping with something else than its pong")]
    [InlineData("pong 1 1\n", "answered a ping with something else than its pong")]
    [InlineData("ping 0 1\n", "answered a ping with something else than its pong")]
    [InlineData("ERROR: go away\n", "answered a ping with something else than its pong")]
    [InlineData("pong 0 1\npong 0 1\n", "sent or closed without being asked")]
    [InlineData("pong 0 1", "truncated answer")]
    [InlineData("", "the server closed the connection")]
    public async Task A_wrong_answer_or_early_close_fails_the_client_with_a_reason(string answer, string complaint)
    {
        using var server = new RawServer();
        Task<PingLoadReport> load = PingLoad.RunAsync(Load(clients: 1, server.EndPoint));
        using RawPeer client = await server.AcceptAsync();
        Assert.Equal("ping 0 1", await client.ReadLineAsync());
        await client.SendAsync(answer);
        client.FinishSending();

        PingLoadReport report = await load.Bounded();

        Assert.Equal(1, report.Failed);
        Assert.Contains(complaint, report.FirstError, StringComparison.Ordinal);
        Assert.StartsWith("client #0: ", report.FirstError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_unasked_between_two_pings_of_a_schedule_is_named()
    {
        using var server = new RawServer();
        Task<PingLoadReport> load = PingLoad.RunAsync(Load(clients: 1, server.EndPoint) with { Rate = 0.01 });
        using RawPeer client = await server.AcceptAsync();
        Assert.Equal("ping 0 1", await client.ReadLineAsync());
        await client.SendAsync("pong 0 1\nand more\n");

        PingLoadReport report = await load.Bounded();

        Assert.Equal($"client #0: {server.EndPoint}: the server sent or closed without being asked", report.FirstError);
    }

    [Fact]
    public async Task One_client_that_is_reset_does_not_end_the_others()
    {
        using var server = new RawServer();
        using var stop = new CancellationTokenSource();
        Task<PingLoadReport> load = PingLoad.RunAsync(Load(clients: 2, server.EndPoint), null, stop.Token);
        using RawPeer first = await server.AcceptAsync();
        using RawPeer second = await server.AcceptAsync();
        Assert.Matches("^ping [01] 1$", await first.ReadLineAsync());
        first.Reset();
        string number = (await second.ReadLineAsync())!.Split(' ')[1];
        for (int n = 1; n <= 10; n++)
        {
            await second.SendAsync($"pong {number} {n}\n");
            Assert.Equal($"ping {number} {n + 1}", await second.ReadLineAsync());
        }
        await stop.CancelAsync();

        PingLoadReport report = await load.Bounded();

        // The ping under way when the load was stopped is not unanswered.
        Assert.Equal((1, 1), (report.Failed, report.Unanswered));
        // A first ping that was sent before the other client had connected is not measured.
        Assert.InRange(report.RoundTrips, 9, 10);
        Assert.Contains("the peer reset the connection", report.FirstError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1000.0)]
    public async Task The_measurement_begins_when_the_last_client_has_connected(double? rate)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a backlog of 0 delays the second connection");
        using var server = new RawServer(backlog: 0);
        var connected = new TaskCompletionSource();
        Task<PingLoadReport> load = PingLoad.RunAsync(
            Load(clients: 2, server.EndPoint) with
            {
                Rate = rate,
                Ramp = Apart,
                Duration = TimeSpan.FromMilliseconds(1),
                Timeout = TimeSpan.FromMilliseconds(1),
            },
            view => _ = view.Connected == 1 && connected.TrySetResult());

        // A view comes a second after the start: the load has lasted longer than its duration and its timeout.
        await connected.Task.Bounded();
        Assert.False(load.IsCompleted);
        using RawPeer first = await server.AcceptAsync();
        using RawPeer second = await server.AcceptAsync();
        PingLoadReport report = await load.Bounded();

        Assert.Equal((0, 2), (report.Failed, report.Connect.Count));
        Assert.Equal(1, report.Time.TotalMilliseconds, 3);
    }

    [Fact]
    public async Task A_load_that_is_stopped_while_clients_connect_ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a backlog of 0 delays the second connection");
        using var server = new RawServer(backlog: 0);

        PingLoadReport report = await RunUntilAsync(
            Load(clients: 2, server.EndPoint) with
            {
                Rate = 1000,
                Ramp = Apart,
                ConnectTimeout = TimeSpan.FromSeconds(3),
            },
            view => view.Connected == 1);

        Assert.Equal((0, 0, 0), (report.RoundTrips, report.Unanswered, report.Failed));
        Assert.Equal(TimeSpan.Zero, report.Time);
    }

    [Fact]
    public async Task An_absent_server_fails_every_client()
    {
        EndPoint nowhere;
        using (var server = new RawServer())
            nowhere = server.EndPoint;

        PingLoadReport report = await PingLoad.RunAsync(Load(clients: 3, nowhere)).Bounded();

        Assert.Equal((3, 0, 0), (report.Failed, report.RoundTrips, report.Connect.Count));
        Assert.Contains("refused the connection", report.FirstError, StringComparison.Ordinal);
    }

    private static PingLoadOptions Load(int clients, params EndPoint[] servers) => new()
    {
        Servers = servers,
        Clients = clients,
        WarmUp = TimeSpan.Zero,
        Duration = Long,
        Loops = 2,
    };

    /// <summary>Runs a load until its views show enough.</summary>
    internal static async Task<PingLoadReport> RunUntilAsync(PingLoadOptions options, Predicate<PingLoadView> isEnough)
    {
        using var stop = new CancellationTokenSource();
        return await PingLoad.RunAsync(
            options,
            view =>
            {
                if (isEnough(view))
                    stop.Cancel();
            },
            stop.Token).Bounded();
    }
}
