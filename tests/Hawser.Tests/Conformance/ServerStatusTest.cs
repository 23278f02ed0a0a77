using System.Net;
using System.Net.Sockets;
using Hawser.Layers;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>What a running server tells of its connections, and what can be changed.</summary>
public sealed class ServerStatusTest
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    [Theory, Models]
    public async Task A_snapshot_shows_a_connection_until_it_has_ended(string model)
    {
        var time = new FakeTime();
        await using TestServer server = TestServer.Start(
            model, Handlers.EchoLinesAsync, options => options with { TimeProvider = time });
        DateTimeOffset begun = DateTimeOffset.UtcNow;
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x\n");
        await client.ReceiveExactlyAsync(2);
        ConnectionSnapshot before = await UntilAsync(server, ConnectionActivity.Resting);
        time.Advance(Quiet);

        ConnectionSnapshot shown = Assert.Single(server.Server.ReadConnections());

        Assert.Equal(1, shown.Id);
        Assert.InRange(shown.AcceptedAt, begun, DateTimeOffset.UtcNow);
        Assert.Equal(before.AcceptedAt, shown.AcceptedAt);
        Assert.Equal(client.LocalEndPoint, shown.RemoteEndPoint);
        Assert.Equal(server.EndPoint, shown.LocalEndPoint);
        Assert.Equal((2, 2), (shown.BytesReceived, shown.BytesSent));
        Assert.Equal(before.Age + Quiet, shown.Age);
        Assert.Equal(before.Idle + Quiet, shown.Idle);
        Assert.Equal(ConcurrencyModels.Get(model).KeepsThread, shown.Thread is not null);
        Assert.Equal(TestVariant.IsTls, shown.Tls is not null);
        client.FinishSending();
        await client.ReceiveToEndAsync();
        await server.Observer.NextEndAsync();
        Assert.Empty(server.Server.ReadConnections());
    }

    [Theory, Models]
    public async Task A_snapshot_shows_what_the_connection_does(string model)
    {
        var layered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            await handled.Task;
            await connection.WriteAsync(new byte[16 << 20]);
        }, options => options with { Layers = [.. options.Layers, PauseAsync] });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 4096);

        await UntilAsync(server, ConnectionActivity.Opening);
        layered.SetResult();
        await UntilAsync(server, ConnectionActivity.Receiving);
        await client.SendAsync("x");
        ConnectionSnapshot handling = await UntilAsync(server, ConnectionActivity.Handling);
        Assert.Equal(TimeSpan.Zero, handling.Idle);
        handled.SetResult();
        await UntilAsync(server, ConnectionActivity.Sending);
        await client.ReceiveExactlyAsync(16 << 20);
        await UntilAsync(server, ConnectionActivity.Closing);

        async ValueTask<Transport> PauseAsync(Transport inner, CancellationToken cancel)
        {
            await layered.Task;
            return inner;
        }
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task An_aborted_connection_is_reset_and_no_other(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        using RawClient one = await server.ConnectAsync();
        using RawClient two = await server.ConnectAsync();
        await EchoAsync(one);
        await EchoAsync(two);
        long id = server.Server.ReadConnections()
            .Single(connection => Equals(connection.RemoteEndPoint, one.LocalEndPoint)).Id;

        Assert.True(server.Server.TryAbortConnection(id));

        Assert.True(await one.EndsByResetAsync());
        (Connection ended, CloseReason reason) = await server.Observer.NextEndAsync();
        Assert.Equal((id, CloseReason.Aborted), (ended.Id, reason));
        Assert.False(server.Server.TryAbortConnection(id));
        await EchoAsync(two);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task More_connections_are_accepted_as_soon_as_the_limit_is_raised(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Limits = options.Limits with { Connections = 1 },
            ModelOptions = new() { Threads = 4 },
        });
        using RawClient one = await server.ConnectAsync();
        await EchoAsync(one);
        using RawClient two = await server.ConnectAsync();
        using RawClient three = await server.ConnectAsync();
        await Task.WhenAll(two.SendAsync("x"), three.SendAsync("x"));
        Assert.Equal(1, server.Server.Connections);

        server.Server.ChangeLimits(limits => limits with { Connections = 3 });

        await two.ReceiveExactlyAsync(1);
        await three.ReceiveExactlyAsync(1);
        server.Server.ChangeLimits(limits => limits with { Connections = 1 });
        Assert.Equal(1, server.Server.ReadLimits()[0].Limit);
        using RawClient four = await server.ConnectAsync();
        await four.SendAsync("x");
        one.FinishSending();
        two.FinishSending();
        await server.Observer.NextEndAsync();
        await server.Observer.NextEndAsync();
        // Two of three have gone: there is still no place.
        await EchoAsync(three);
        Assert.Equal(3, server.Observer.AcceptedOnes.Count);
        three.FinishSending();
        await four.ReceiveExactlyAsync(1);
    }

    [Theory, Models]
    public async Task A_shorter_timeout_applies_to_open_connections(string model)
    {
        var time = new FakeTime();
        await using TestServer server = TestServer.Start(
            model, Handlers.EchoLinesAsync, options => options with { TimeProvider = time });
        foreach ((Func<ServerLimits, ServerLimits> shorten, CloseReason reason, bool hasSpoken) in
            ((Func<ServerLimits, ServerLimits>, CloseReason, bool)[])
            [
                (limits => limits with { FirstByteTimeout = Quiet }, CloseReason.FirstByteTimeout, false),
                (limits => limits with { IdleTimeout = Quiet }, CloseReason.IdleTimeout, true),
                (limits => limits with { IdleTimeout = TimeSpan.FromDays(1), TotalTimeout = Quiet },
                    CloseReason.TotalTimeout, true),
            ])
        {
            using RawClient client = await server.ConnectAsync();
            if (hasSpoken)
            {
                await client.SendAsync("x\n");
                await client.ReceiveExactlyAsync(2);
            }
            await UntilAsync(server, ConnectionActivity.Resting);

            server.Server.ChangeLimits(shorten);
            time.Advance(Quiet + TimeSpan.FromSeconds(1));
            // The timeout has struck: the server waits for the client to finish.
            client.FinishSending();

            Assert.Equal(reason, await server.Observer.NextReasonAsync());
        }
    }

    [Theory, Models]
    public async Task Fewer_bytes_apply_to_open_connections(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync();
        await EchoAsync(client);

        server.Server.ChangeLimits(limits => limits with { BytesPerConnection = 1 });
        await client.SendAsync("y");
        client.FinishSending();

        Assert.Equal(CloseReason.ByteLimit, await server.Observer.NextReasonAsync());
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Fewer_connections_per_address_apply_to_the_next_one(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Limits = options.Limits with { ConnectionsPerAddress = 10 },
        });
        using RawClient one = await server.ConnectAsync();
        await EchoAsync(one);

        server.Server.ChangeLimits(limits => limits with { ConnectionsPerAddress = 1 });

        using var two = new Socket(SocketType.Stream, ProtocolType.Tcp);
        // It may be reset before the connect returns.
        await Record.ExceptionAsync(() => two.ConnectAsync(server.EndPoint).Bounded());
        await Patience.UntilAsync(() => server.Observer.Refusals.Count == 1);
        await EchoAsync(one);
    }

    [Theory, Models]
    public async Task A_rejected_limit_change_leaves_the_limits_unchanged(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        ServerLimits before = server.Server.Limits;

        Assert.Throws<NotSupportedException>(() => server.Server.ChangeLimits(
            limits => limits with { IdleTimeout = Quiet, RateLimit = 1 }));
        Assert.Throws<NotSupportedException>(() => server.Server.ChangeLimits(
            limits => limits with { ConnectionsPerAddress = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Server.ChangeLimits(
            limits => limits with { Connections = 0 }));

        Assert.Same(before, server.Server.Limits);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Snapshots_and_changes_disturb_no_connection(string model)
    {
        const int Clients = 4;
        const int Rounds = 10;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            connection.Features.Set("a feature");
            await Handlers.EchoAsync(connection);
            Assert.Equal("a feature", connection.Features.Get<string>());
        });
        int running = Clients;
        int begun = 0;
        Task looking = Task.Run(() =>
        {
            while (Volatile.Read(ref running) > 0)
            {
                IReadOnlyList<ConnectionSnapshot> shown = server.Server.ReadConnections();
                // While TLS is being added, its own bytes count.
                if (!TestVariant.IsTls)
                    Assert.All(shown, connection => Assert.InRange(connection.BytesReceived, 0, 1));
                server.Server.ReadLimits();
                ServerCounts counts = server.Server.ReadCounts();
                int most = Volatile.Read(ref begun);
                Assert.InRange(counts.Accepted, 0, most);
                Assert.InRange(counts.BytesReceived, 0, most);
                Assert.InRange(counts.BytesSent, 0, most);
                server.Server.ChangeLimits(limits => limits with { Connections = 13 - (limits.Connections % 10) });
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            try
            {
                for (int round = 0; round < Rounds; round++)
                {
                    Interlocked.Increment(ref begun);
                    using RawClient client = await server.ConnectAsync();
                    await EchoAsync(client);
                    client.FinishSending();
                    await client.ReceiveToEndAsync();
                }
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        })).Bounded();

        await looking.Bounded();
        await Patience.UntilAsync(() => server.Server.Connections == 0);
        Assert.Empty(server.Server.ReadConnections());
        Assert.Empty(server.Observer.Faults);
        Assert.Equal(Clients * Rounds, server.Observer.ClosedOnes.Count);
        Assert.Equal(
            new ServerCounts(0, Clients * Rounds, Clients * Rounds, Clients * Rounds), server.Server.ReadCounts());
    }

    [Theory, Models]
    public async Task An_ending_connection_is_neither_counted_twice_nor_queued(string model)
    {
        Server? own = null;
        var observer = new EndObserver(() => (own!.ReadCounts(), own.ReadConnections().Count));
        await using TestServer server = TestServer.Start(
            model, Handlers.EchoAsync, options => options with { Observer = observer });
        own = server.Server;
        using RawClient client = await server.ConnectAsync();
        await EchoAsync(client);

        client.FinishSending();

        Assert.Equal((new ServerCounts(0, 1, 1, 1), 0), await observer.Seen.Task.Bounded());
    }

    [Theory, Models]
    public async Task A_snapshot_names_the_client_and_the_proxy(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Layers = [ProxyLayer.Server(AddressList.Parse("127.0.0.0/8"))],
        });
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        await client.SendAsync("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\nx");
        await client.ReceiveExactlyAsync(1);

        ConnectionSnapshot shown = Assert.Single(server.Server.ReadConnections());

        Assert.Equal(IPEndPoint.Parse("192.0.2.7:4711"), shown.RemoteEndPoint);
        Assert.Equal(client.LocalEndPoint, shown.Proxy?.Proxy);
    }

    private static async Task EchoAsync(RawClient client)
    {
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
    }

    /// <summary>Waits until the only connection does this.</summary>
    private static async Task<ConnectionSnapshot> UntilAsync(TestServer server, ConnectionActivity activity)
    {
        ConnectionSnapshot? shown = null;
        await Patience.UntilAsync(
            () => server.Server.ReadConnections() is [var only] && (shown = only).Activity == activity);
        return shown!;
    }

    private sealed class EndObserver(Func<(ServerCounts, int)> look) : IServerObserver
    {
        public TaskCompletionSource<(ServerCounts Counts, int Open)> Seen { get; } = new();

        public void Closed(Connection connection, CloseReason reason) => Seen.TrySetResult(look());
    }
}
