using System.Net;
using System.Net.Sockets;
using Hawser.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

/// <summary>Loads of other protocols and shapes on real servers.</summary>
public sealed class LoadShapesTest
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Pings_of_a_pipeline_leave_together_and_each_pong_is_counted()
    {
        using var server = new RawServer();
        using var stop = new CancellationTokenSource();
        Task<PingLoadReport> load =
            PingLoad.RunAsync(Load(server.EndPoint) with { Clients = 1, Pipeline = 3 }, null, stop.Token);
        using RawPeer client = await server.AcceptAsync();
        for (int n = 1; n <= 3; n++)
            Assert.Equal($"ping 0 {n}", await client.ReadLineAsync());
        await client.SendAsync("pong 0 1\npo");
        Assert.Equal(0, client.Available);
        await client.SendAsync("ng 0 2\npong 0 3\n");
        for (int n = 4; n <= 6; n++)
            Assert.Equal($"ping 0 {n}", await client.ReadLineAsync());
        await stop.CancelAsync();

        PingLoadReport report = await load.Bounded();

        Assert.Equal((3, 0, 0), (report.RoundTrips, report.Failed, report.Unanswered));
        Assert.Equal(3, report.Fastest);
    }

    [Fact]
    public async Task A_schedule_counts_the_pings_of_its_pipelines()
    {
        await using PingServer server = PingServer.Start("threads");

        PingLoadReport report = await PingLoad.RunAsync(Load(server.EndPoint) with
        {
            Pipeline = 10,
            Rate = 1000,
            Duration = TimeSpan.FromSeconds(1),
        }).Bounded();

        Assert.Equal(1000, report.RoundTrips + report.Unanswered);
    }

    [Fact]
    public async Task A_pipeline_that_is_cut_off_leaves_its_last_pings_unanswered()
    {
        using var server = new RawServer();
        Task<PingLoadReport> load =
            PingLoad.RunAsync(Load(server.EndPoint) with { Clients = 1, Pipeline = 5 });
        using RawPeer client = await server.AcceptAsync();
        for (int n = 1; n <= 5; n++)
            await client.ReadLineAsync();
        await client.SendAsync("pong 0 1\npong 0 2\n");
        client.FinishSending();

        PingLoadReport report = await load.Bounded();

        Assert.Equal((2, 1, 3), (report.RoundTrips, report.Failed, report.Unanswered));
        Assert.Contains("the server closed the connection", report.FirstError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_echo_server_is_loaded_with_what_it_sends_back()
    {
        await using TestServer server = TestServer.Start("select", Handlers.EchoAsync);

        // The system may count processor time in ticks of 10 ms.
        PingLoadReport report = await PingLoadTest.RunUntilAsync(
            Load(server.EndPoint) with { Wire = LoadWire.Echo, Pipeline = 16 }, view => view.RoundTrips > 50_000);

        Assert.Equal((0, null), (report.Failed, report.FirstError));
        Assert.True(report.CpuPerRoundTrip > TimeSpan.Zero);
    }

    [Fact]
    public async Task An_answer_larger_than_the_buffer_is_read_to_its_end()
    {
        using var server = new RawServer();
        using var stop = new CancellationTokenSource();
        Task<PingLoadReport> load = PingLoad.RunAsync(
            Load(server.EndPoint) with { Clients = 1, Wire = LoadWire.Http }, null, stop.Token);
        using RawPeer client = await server.AcceptAsync();
        await ReadGetAsync(client);
        await client.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{new string('x', 100_000)}");
        await ReadGetAsync(client);
        await stop.CancelAsync();

        Assert.Equal((1, 0), ((await load.Bounded()).RoundTrips, (await load).Failed));
    }

    [Fact]
    public async Task Churn_opens_a_connection_for_each_ping_from_several_addresses()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        await using PingServer server = PingServer.Start("epoll");

        PingLoadReport report = await PingLoadTest.RunUntilAsync(Load(server.EndPoint) with { Clients = 4, IsChurn = true },
            view => view is { RoundTrips: > 200, Connected: 4 });
        await server.StopAsync();

        Assert.Equal((0, 0, null), (report.Failed, report.Unanswered, report.FirstError));
        Assert.Equal(4, report.AnsweredClients);
        string[] ends = [.. server.Log.Lines.Where(line => line.StartsWith("- connection", StringComparison.Ordinal))];
        Assert.True(ends.Count(line => line.EndsWith(" after 1 pong", StringComparison.Ordinal)) >= report.RoundTrips);
        // The last connections were given up at the stop.
        Assert.InRange(ends.Count(line => !line.EndsWith(" after 1 pong", StringComparison.Ordinal)), 0, 4);
        string[] sources = [.. server.Log.Lines.Where(line => line.StartsWith("+ connection", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[4].Split(':')[0]).Distinct()];
        Assert.Equal(64, sources.Length);
        Assert.All(sources, source => Assert.StartsWith("127.0.1.", source, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pong 0 2\n", "client #0: the server answered a ping with something else than its pong")]
    [InlineData("pong 0 1\nmore", "client #0: unexpected bytes beside the pong")]
    [InlineData("", "client #0: closed without a pong")]
    public async Task A_connection_that_fails_is_counted_and_the_client_goes_on(string answer, string error)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        using var server = new RawServer();
        using var stop = new CancellationTokenSource();
        Task<PingLoadReport> load = PingLoad.RunAsync(
            Load(server.EndPoint) with { Clients = 1, IsChurn = true }, null, stop.Token);
        using (RawPeer first = await server.AcceptAsync())
        {
            Assert.Equal("ping 0 1", await first.ReadLineAsync());
            await first.SendAsync(answer);
            first.FinishSending();
            await first.ReadToEndAsync();
        }
        using (RawPeer second = await server.AcceptAsync())
        {
            Assert.Equal("ping 0 2", await second.ReadLineAsync());
            await second.SendAsync("pong 0 2\n");
            Assert.Null(await second.ReadLineAsync());
        }
        using RawPeer third = await server.AcceptAsync();
        await stop.CancelAsync();

        PingLoadReport report = await load.Bounded();

        Assert.Equal((1, 1, error), (report.RoundTrips, report.Unanswered, report.FirstError));
    }

    [Fact]
    public async Task Churn_against_a_closed_port_continues_and_reports_the_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        EndPoint nowhere;
        using (var server = new RawServer())
            nowhere = server.EndPoint;

        PingLoadReport report = await PingLoad.RunAsync(
            Load(nowhere) with { IsChurn = true, Duration = TimeSpan.FromSeconds(1) }).Bounded();

        Assert.Equal(0, report.RoundTrips);
        Assert.True(report.Unanswered >= 2);
        Assert.Contains("Connection refused", report.FirstError, StringComparison.Ordinal);
    }

    [Fact]
    public void Churn_needs_addresses_of_IPv4()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");

        Assert.Equal(
            "churn needs an IPv4 address, like 127.0.0.1:8000; localhost:1 is none",
            Assert.Single(LoadPreflight.FindObstacles(
                Load(new DnsEndPoint("localhost", 1)) with { IsChurn = true })));
        Assert.Empty(LoadPreflight.FindObstacles(Load(new IPEndPoint(IPAddress.Loopback, 1)) with { IsChurn = true }));
    }

    [Fact]
    public void Churn_takes_no_layers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        PingLoadOptions options = Load(new IPEndPoint(IPAddress.Loopback, 1)) with
        {
            Layers = _ => [(transport, _) => new(transport)],
        };

        Assert.Equal("churn needs connections without layers, such as TLS",
            Assert.Single(LoadPreflight.FindObstacles(options with { IsChurn = true })));
        Assert.Empty(LoadPreflight.FindObstacles(options));
    }

    [Fact]
    public async Task A_load_ends_although_its_connections_are_not_accepted()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);

        PingLoadReport report = await PingLoad.RunAsync(Load(full.LocalEndPoint!) with
        {
            Clients = 500,
            Duration = TimeSpan.FromSeconds(1),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            Timeout = TimeSpan.Zero,
        }).Bounded();

        Assert.Equal(0, report.RoundTrips);
        Assert.InRange(report.Connect.Count, 1, 100);
        Assert.Equal(500, report.Connect.Count + report.Failed);
    }

    [Fact]
    public async Task Churn_is_measured_once_every_client_has_connected_or_failed_to()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);

        PingLoadReport report = await PingLoad.RunAsync(Load(full.LocalEndPoint!) with
        {
            IsChurn = true,
            Clients = 500,
            Duration = TimeSpan.FromMilliseconds(1),
        }).Bounded();

        // Every client has had its first connection, although the measurement is shorter than their connecting.
        Assert.Equal(0, report.RoundTrips);
        Assert.Equal(1, report.Time.TotalMilliseconds, 3);
        Assert.Contains("timed out after 0.9 s", report.FirstError, StringComparison.Ordinal);
    }

    private static PingLoadOptions Load(EndPoint server) => new()
    {
        Servers = [server],
        Clients = 2,
        WarmUp = TimeSpan.Zero,
        Duration = Long,
        Loops = 2,
    };

    private static async Task ReadGetAsync(RawPeer client)
    {
        while (await client.ReadLineAsync() is not ("\r" or null))
        {
            // The header ends with an empty line.
        }
    }
}
