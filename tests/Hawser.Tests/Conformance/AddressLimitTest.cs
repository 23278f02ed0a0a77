using System.Net;
using System.Net.Sockets;
using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>The limits that depend on the peer's address.</summary>
public sealed class AddressLimitTest
{
    private static readonly IPAddress One = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Two = IPAddress.Parse("127.0.0.2");

    private readonly FakeTime _time = new();

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Connections_per_address_are_limited_and_a_close_frees_a_slot(string model)
    {
        await using TestServer server = Start(model, TestServer.Limits with { ConnectionsPerAddress = 2 });
        using RawClient first = await ConnectAsync(server, One);
        using RawClient second = await ConnectAsync(server, One);
        await EchoAsync(first);
        await EchoAsync(second);

        Assert.True(await IsRefusedAsync(server, One));
        Assert.True(await IsRefusedAsync(server, One));
        using RawClient other = await ConnectAsync(server, Two);
        await EchoAsync(other);
        Assert.Equal(new LimitUse(nameof(ServerLimits.ConnectionsPerAddress), 2, 2, 2, 2),
            Use(server, nameof(ServerLimits.ConnectionsPerAddress)));
        first.Dispose();
        await Patience.UntilAsync(() => server.Server.Connections == 2);

        using RawClient next = await ConnectAsync(server, One);
        await EchoAsync(next);
        Assert.Equal(4, server.Observer.AcceptedOnes.Count);
        Assert.Equal([RefusalReason.ConnectionsPerAddress, RefusalReason.ConnectionsPerAddress], Reasons(server));
        Assert.All(server.Observer.Refusals, refusal => Assert.Equal(One, ((IPEndPoint)refusal.Peer).Address));
    }

    /// <summary>However a connection ends, its address gets the place back.</summary>
    [Theory, Models]
    public async Task An_address_with_one_place_is_served_again_and_again(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Handlers.EchoAsync(connection);
            if (connection.Id % 3 == 0)
                throw new InvalidDataException("on purpose");
        }, options => options with { Limits = TestServer.Limits with { ConnectionsPerAddress = 1 } });

        for (int i = 1; i <= 9; i++)
        {
            using RawClient client = await ConnectAsync(server, One);
            await EchoAsync(client);
            if (i % 2 == 0)
                client.Reset();
            else
                client.FinishSending();
            await Patience.UntilAsync(() => server.Server.Connections == 0);
        }

        Assert.Empty(server.Observer.Refusals);
        Assert.Equal(0, Use(server, nameof(ServerLimits.ConnectionsPerAddress)).Current);
    }

    [Theory, Models]
    public async Task Connections_waiting_in_the_kernel_have_no_place_yet(string model)
    {
        await using TestServer server = Start(
            model, TestServer.Limits with { ConnectionsPerAddress = 1, Connections = 1 });
        using RawClient first = await ConnectAsync(server, One);
        await EchoAsync(first);
        using RawClient second = await ConnectAsync(server, One);
        await second.SendAsync("x");
        first.Dispose();

        Assert.Equal("x"u8.ToArray(), await second.ReceiveExactlyAsync(1));
        Assert.Empty(server.Observer.Refusals);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Refused_connections_take_no_place_of_the_server(string model)
    {
        await using TestServer server = Start(
            model, TestServer.Limits with { ConnectionsPerAddress = 1, Connections = 2 });
        using RawClient first = await ConnectAsync(server, One);
        await EchoAsync(first);
        for (int i = 0; i < 100; i++)
            Assert.True(await IsRefusedAsync(server, One));

        using RawClient other = await ConnectAsync(server, Two);
        await EchoAsync(other);
        await EchoAsync(first);

        Assert.Equal(2, server.Server.Connections);
        Assert.Equal(100, server.Observer.Refusals.Count);
        Assert.Equal(2, Use(server, nameof(ServerLimits.Connections)).Maximum);
    }

    [Theory, Models]
    public async Task The_accept_rate_per_address_is_limited(string model)
    {
        await using TestServer server = Start(model, TestServer.Limits with { AcceptRate = 2 });
        for (int second = 0; second < 3; second++)
        {
            await ServeAsync(server, One);
            await ServeAsync(server, One);
            Assert.True(await IsRefusedAsync(server, One));
            await ServeAsync(server, Two);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(Enumerable.Repeat(RefusalReason.AcceptRate, 3), Reasons(server));
        Assert.Equal(new LimitUse(nameof(ServerLimits.AcceptRate), 2, 0, 2, 3),
            Use(server, nameof(ServerLimits.AcceptRate)));
    }

    [Theory, Models]
    public async Task Denied_and_not_allowed_addresses_are_refused(string model)
    {
        await using TestServer server = Start(model, TestServer.Limits with
        {
            Allow = AddressList.Parse("127.0.0.0/30"),
            Deny = AddressList.Parse("127.0.0.2"),
        });

        await ServeAsync(server, One);
        Assert.True(await IsRefusedAsync(server, Two));
        Assert.True(await IsRefusedAsync(server, IPAddress.Parse("127.0.0.4")));
        await ServeAsync(server, IPAddress.Parse("127.0.0.3"));

        Assert.Equal([RefusalReason.Denied, RefusalReason.NotAllowed], Reasons(server));
        Assert.Equal(1, Use(server, nameof(ServerLimits.Deny)).Hits);
        Assert.Equal(1, Use(server, nameof(ServerLimits.Allow)).Hits);
    }

    [Theory, Models]
    public async Task A_list_that_is_read_again_holds_for_the_next_connection(string model)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("deny", "192.0.2.1"u8.ToArray());
        var deny = AddressList.Parse($"@{path}");
        await using TestServer server = Start(model, TestServer.Limits with { Deny = deny });
        await ServeAsync(server, One);

        folder.Write("deny", "127.0.0.1 # as of now"u8.ToArray());
        deny.Reload();

        Assert.True(await IsRefusedAsync(server, One));
    }

    [Theory, Models]
    public async Task An_IPv4_peer_of_an_IPv6_listener_is_an_IPv4_address(string model)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "needs IPv6");
        await using TestServer server = Start(model, TestServer.Limits with { Deny = AddressList.Parse("127.0.0.0/8") },
            new IPEndPoint(IPAddress.IPv6Any, 0));
        int port = ((IPEndPoint)server.EndPoint).Port;

        Assert.True(await IsRefusedAsync(new IPEndPoint(One, port), null));
        using RawClient six = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));
        await EchoAsync(six);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Peers_of_a_Unix_domain_socket_have_no_address(string model)
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = Start(
            model,
            TestServer.Limits with { ConnectionsPerAddress = 1, AcceptRate = 1, Allow = AddressList.Parse("192.0.2.1") },
            new UnixDomainSocketEndPoint(Path.Combine(folder.Root, "socket")));

        using RawClient first = await server.ConnectAsync();
        using RawClient second = await server.ConnectAsync();
        await EchoAsync(first);
        await EchoAsync(second);

        Assert.Empty(server.Observer.Refusals);
    }

    [Theory, Models]
    public async Task A_stop_after_refusals_reports_only_served_connections(string model)
    {
        await using TestServer server = Start(model, TestServer.Limits with { Deny = AddressList.Parse("127.0.0.2") });
        for (int i = 0; i < 10; i++)
            Assert.True(await IsRefusedAsync(server, Two));

        Assert.Equal(new DrainReport(0, 0, 0), await server.Server.StopAsync().Bounded());
        await server.Server.Completion.Bounded();
        Assert.Equal(0, server.Server.Connections);
    }

    private TestServer Start(string model, ServerLimits limits, EndPoint? where = null) => TestServer.Start(
        model, Handlers.EchoAsync, options => options with
        {
            EndPoints = where is null ? options.EndPoints : [where],
            Limits = limits,
            TimeProvider = _time,
        });

    private static Task<RawClient> ConnectAsync(TestServer server, IPAddress from) =>
        RawClient.ConnectAsync(server.EndPoint, from: from);

    private static async Task ServeAsync(TestServer server, IPAddress from)
    {
        using RawClient client = await ConnectAsync(server, from);
        await EchoAsync(client);
        client.FinishSending();
        Assert.Empty(await client.ReceiveToEndAsync());
    }

    private static Task<bool> IsRefusedAsync(TestServer server, IPAddress from) =>
        IsRefusedAsync(server.EndPoint, from);

    /// <summary>The reset may come before the connect has returned.</summary>
    private static async Task<bool> IsRefusedAsync(EndPoint where, IPAddress? from)
    {
        try
        {
            using RawClient client = await RawClient.ConnectAsync(where, from: from);
            return await client.EndsByResetAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }

    private static async Task EchoAsync(RawClient client)
    {
        await client.SendAsync("e");
        await client.ReceiveExactlyAsync(1);
    }

    private static IEnumerable<RefusalReason> Reasons(TestServer server) =>
        server.Observer.Refusals.Select(refusal => refusal.Reason);

    private static LimitUse Use(TestServer server, string name) =>
        server.Server.ReadLimits().Single(use => use.Name == name);
}
