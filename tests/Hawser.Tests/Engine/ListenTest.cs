using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.Accepting;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>Listening addresses, and the errors of those that fail.</summary>
public sealed class ListenTest : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hawser").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, Models]
    public async Task A_server_restarts_at_once_on_its_port(string model)
    {
        EndPoint where = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        for (int i = 0; i < 5; i++)
        {
            await using TestServer server = StartAt(model, [where]);
            // The server closes first, so that TIME_WAIT is on its side.
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x\n");
            await client.ReceiveLineAsync();
            await server.Server.StopAsync().Bounded();
            Assert.Empty(await client.ReceiveToEndAsync());
        }
    }

    [Theory, Models]
    public async Task A_second_server_on_a_port_in_use_fails_with_the_reason(string model)
    {
        await using TestServer first = StartAt(model, [new IPEndPoint(IPAddress.Loopback, 0)]);

        var e = Assert.Throws<ListenException>(() => StartAt(model, [first.EndPoint]));

        Assert.Contains(
            $"port {((IPEndPoint)first.EndPoint).Port} is already in use", e.Message, StringComparison.Ordinal);
        using RawClient client = await first.ConnectAsync();
        await client.SendAsync("x\n");
        Assert.Equal("x", await client.ReceiveLineAsync());
    }

    [Theory, Models]
    public async Task Several_addresses_are_served_at_the_same_port(string model)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        await using TestServer server = StartAt(model,
            [new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.IPv6Loopback, 0)]);

        Assert.Equal(2, server.Server.EndPoints.Count);
        Assert.Single(server.Server.EndPoints.Cast<IPEndPoint>().Select(e => e.Port).Distinct());
        await Patience.UntilAsync(() => server.Observer.ListeningAt.SequenceEqual(server.Server.EndPoints));
        for (int i = 0; i < 4; i++)
            await AssertServesAsync(server.Server.EndPoints[i % 2]);
    }

    [Theory, Models]
    public async Task Dual_stack_accepts_both_and_reports_IPv4_peers_as_IPv4(string model)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        await using TestServer server = StartAt(model, [new IPEndPoint(IPAddress.IPv6Any, 0)]);
        int port = ((IPEndPoint)server.EndPoint).Port;

        await AssertServesAsync(new IPEndPoint(IPAddress.Loopback, port));
        await AssertServesAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));
        await server.Observer.NextEndAsync();
        await server.Observer.NextEndAsync();

        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback],
            server.Observer.AcceptedOnes.Select(c => ((IPEndPoint)c.RemoteEndPoint!).Address));
    }

    [Theory, Models]
    public async Task A_unix_domain_socket_is_served_and_its_file_removed_at_the_stop(string model)
    {
        string path = Path.Combine(_folder, "socket");
        await using (TestServer server = StartAt(model, [new UnixDomainSocketEndPoint(path)]))
        {
            Assert.True(File.Exists(path));
            await AssertServesAsync(new UnixDomainSocketEndPoint(path));
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_stale_socket_file_is_replaced()
    {
        string path = CreateStaleSocket();

        await using TestServer server = StartAt("threads", [new UnixDomainSocketEndPoint(path)]);

        await AssertServesAsync(server.EndPoint);
    }

    [Fact]
    public async Task Of_servers_that_start_on_one_stale_socket_one_gets_it()
    {
        const int Rounds = 50;
        const int Servers = 4;
        for (int round = 0; round < Rounds; round++)
        {
            var where = new UnixDomainSocketEndPoint(CreateStaleSocket());
            using var start = new Barrier(Servers);
            TestServer?[] servers = await Task.WhenAll(Enumerable.Range(0, Servers).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    try
                    {
                        return StartAt("threads", [where]);
                    }
                    catch (ListenException)
                    {
                        return null;
                    }
                }, TaskCreationOptions.LongRunning)));

            TestServer winner = Assert.Single(servers.OfType<TestServer>());
            await AssertServesAsync(where);
            await winner.DisposeAsync();
        }
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_foreign_process_holding_the_claim_does_not_block_a_server()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only here sockets have abstract names");
        string path = CreateStaleSocket();
        using var squatter = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        squatter.Bind(new UnixDomainSocketEndPoint(SocketFile.ClaimOf(path)));

        await using TestServer server = StartAt("threads", [new UnixDomainSocketEndPoint(path)]);

        await AssertServesAsync(server.EndPoint);
    }

    [Fact]
    public async Task A_live_socket_file_is_left_to_its_server()
    {
        var where = new UnixDomainSocketEndPoint(Path.Combine(_folder, "live"));
        await using TestServer first = StartAt("threads", [where]);

        var e = Assert.Throws<ListenException>(() => StartAt("threads", [where]));

        Assert.Contains("is already in use", e.Message, StringComparison.Ordinal);
        await AssertServesAsync(where);
    }

    [Fact]
    public async Task A_live_socket_with_a_full_queue_is_left_to_its_server()
    {
        var where = new UnixDomainSocketEndPoint(Path.Combine(_folder, "full"));
        using var live = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        live.Bind(where);
        live.Listen(1);
        using RawClient first = await RawClient.ConnectAsync(where);
        using RawClient second = await RawClient.ConnectAsync(where);

        var e = await Assert.ThrowsAsync<ListenException>(() => Task.Run(() => StartAt("threads", [where])).Bounded());

        Assert.Contains("is already in use", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not a socket")]
    [InlineData("")]
    public void A_file_that_is_not_a_socket_is_left_alone(string content)
    {
        string path = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(path, content);

        var e = Assert.Throws<ListenException>(() => StartAt("threads", [new UnixDomainSocketEndPoint(path)]));

        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void An_empty_file_opened_by_another_process_is_left_alone()
    {
        string path = Path.Combine(_folder, "open");
        using FileStream other = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

        Assert.Throws<ListenException>(() => StartAt("threads", [new UnixDomainSocketEndPoint(path)]));

        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_symbolic_link_to_a_stale_socket_is_left_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere no file is removed");
        string link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, CreateStaleSocket());

        var e = Assert.Throws<ListenException>(() => StartAt("threads", [new UnixDomainSocketEndPoint(link)]));

        Assert.Contains($"{link}: exists and is not a socket", e.Message, StringComparison.Ordinal);
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    [Theory, Models]
    public async Task A_file_that_replaced_the_socket_survives_the_stop(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere the runtime removes it");
        string path = Path.Combine(_folder, "replaced");
        await using (StartAt(model, [new UnixDomainSocketEndPoint(path)]))
        {
            File.Delete(path);
            File.WriteAllText(path, "");
        }

        Assert.True(File.Exists(path));
    }

    [Fact]
    public void An_address_of_another_machine_is_rejected()
    {
        var e = Assert.Throws<ListenException>(() => StartAt("threads", [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)]));

        Assert.Contains("192.0.2.1 is not an address of this machine", e.Message, StringComparison.Ordinal);
    }

    [Theory, Models]
    public async Task A_failing_listener_ends_the_server_and_its_threads_with_the_error(string model)
    {
        ConcurrencyModel inner = ConcurrencyModels.Get(model);
        var breaking = new BreakingModel(inner.Create());
        await using TestServer server = TestServer.Start(
            inner with { Make = _ => breaking }, new LambdaHandler(Handlers.EchoLinesAsync));
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x\n");
        await client.ReceiveLineAsync();
        if (!inner.IsConcurrent)
            client.FinishSending();

        breaking.Break();

        await Assert.ThrowsAnyAsync<SocketException>(() => server.Server.Completion.Bounded());
        Assert.Equal(inner.IsConcurrent ? CloseReason.ServerStopping : CloseReason.PeerFinished,
            await server.Observer.NextReasonAsync());
        await Patience.UntilAsync(() => breaking.Thread is not { IsAlive: true, IsThreadPoolThread: false });
    }

    [Theory, Models]
    public async Task A_server_is_announced_when_its_model_starts(string model)
    {
        ConcurrencyModel inner = ConcurrencyModels.Get(model);
        var late = new LateModel(inner.Create());
        await using TestServer server = TestServer.Start(
            inner with { Make = _ => late }, new LambdaHandler(Handlers.EchoLinesAsync));
        Assert.Empty(server.Observer.ListeningAt);

        late.Start();

        await Patience.UntilAsync(() => server.Observer.ListeningAt.SequenceEqual(server.Server.EndPoints));
    }

    private string CreateStaleSocket()
    {
        string path = Path.Combine(_folder, "stale");
        string moved = Path.Combine(_folder, "moved");
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            killed.Bind(new UnixDomainSocketEndPoint(path));
            killed.Listen();
            File.Move(path, moved);
        }
        File.Move(moved, path);
        return path;
    }

    private static TestServer StartAt(string model, IReadOnlyList<EndPoint> where) =>
        TestServer.Start(model, Handlers.EchoLinesAsync, options => options with { EndPoints = where });

    private static async Task AssertServesAsync(EndPoint where)
    {
        using RawClient client = await RawClient.ConnectAsync(where);
        await client.SendAsync("hello\n");
        Assert.Equal("hello", await client.ReceiveLineAsync());
        client.FinishSending();
        Assert.Empty(await client.ReceiveToEndAsync());
    }
}
