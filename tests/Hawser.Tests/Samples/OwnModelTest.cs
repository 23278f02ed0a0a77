using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hawser.Tests.Support;
using OwnModel;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>A model from outside the engine keeps what the engine promises of every model, and what it promises
/// itself.</summary>
public sealed class OwnModelTest
{
    private static readonly IPAddress[] Addresses =
        [.. Enumerable.Range(1, 4).Select(n => IPAddress.Parse($"127.0.0.{n}"))];

    private static readonly ServerLimits Patient =
        new() { DrainTimeout = Patience.Limit, LingerTimeout = Patience.Limit };

    [Fact]
    public async Task The_program_serves_a_clients_connections_in_turn()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "OwnModel.dll");
        await using ProgramProcess program = ProgramProcess.StartForeign("dotnet", "exec", path, "0");
        IPEndPoint where = await program.ListeningAsync();
        using RawClient first = await ConnectAsync(where, Addresses[0]);
        await AssertEchoAsync(first);
        using RawClient second = await ConnectAsync(where, Addresses[0]);
        await second.SendAsync("later");
        using RawClient other = await ConnectAsync(where, Addresses[1]);

        await AssertEchoAsync(other);
        await AssertEchoAsync(first);
        first.Dispose();

        Assert.Equal("later"u8.ToArray(), await second.ReceiveExactlyAsync(5));
    }

    [Fact]
    public async Task Clients_at_different_addresses_are_served_concurrently()
    {
        await using TestServer server = Start(Handlers.EchoAsync);
        byte[] sent = RandomNumberGenerator.GetBytes(1_000_000);

        byte[][] received = await Task.WhenAll(Addresses.Select(async address =>
        {
            using RawClient client = await ConnectAsync(server.EndPoint, address);
            Task<byte[]> echo = client.ReceiveToEndAsync();
            await client.SendAsync(sent);
            client.FinishSending();
            return await echo;
        }));

        Assert.All(received, bytes => Assert.Equal(sent, bytes));
        Assert.Empty(server.Observer.Faults);
    }

    [Fact]
    public async Task All_connections_of_a_client_are_served_in_order_on_one_thread()
    {
        var served = new List<(Thread Thread, long Connection)>();
        await using TestServer server = Start(async connection =>
        {
            await connection.ReadAsync();
            lock (served)
                served.Add((Thread.CurrentThread, connection.Id));
            await Handlers.EchoAsync(connection);
        });
        List<RawClient> clients = [await ConnectAsync(server.EndPoint, Addresses[0])];
        await clients[0].SendAsync("x");
        await Patience.UntilAsync(() => Count() == 1);
        for (int n = 1; n < 8; n++)
        {
            clients.Add(await ConnectAsync(server.EndPoint, Addresses[0]));
            await clients[n].SendAsync("x");
        }
        await Patience.UntilAsync(() => server.Server.Connections == 8);
        Assert.Equal(1, Count());

        foreach (RawClient client in clients)
        {
            client.FinishSending();
            Assert.Empty(await client.ReceiveToEndAsync());
        }

        Assert.Equal(Enumerable.Range(1, 8).Select(n => (long)n), served.Select(each => each.Connection));
        Assert.Single(served.Select(each => each.Thread).Distinct());

        int Count()
        {
            lock (served)
                return served.Count;
        }
    }

    [Fact]
    public async Task Connections_beyond_a_clients_queue_are_reset_and_other_clients_served()
    {
        await using TestServer server = Start(Handlers.EchoAsync);
        var clients = new List<RawClient> { await ConnectAsync(server.EndPoint, Addresses[0]) };
        await AssertEchoAsync(clients[0]);
        for (int n = 1; n <= ThreadPerClientModel.LongestLine; n++)
            clients.Add(await ConnectAsync(server.EndPoint, Addresses[0]));

        Assert.True(await IsResetAsync(server.EndPoint, Addresses[0]));
        using RawClient other = await ConnectAsync(server.EndPoint, Addresses[1]);
        await AssertEchoAsync(other);
        Assert.Equal(clients.Count + 1, server.Server.Connections);

        foreach (RawClient client in clients)
        {
            await AssertEchoAsync(client);
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_client_that_leaves_before_it_is_served_affects_no_other()
    {
        await using TestServer server = Start(Handlers.EchoAsync);
        for (int n = 0; n < 20; n++)
            (await ConnectAsync(server.EndPoint, Addresses[n % 2])).Reset();

        using RawClient client = await ConnectAsync(server.EndPoint, Addresses[0]);
        await AssertEchoAsync(client);

        await Patience.UntilAsync(() => server.Server.Connections == 1);
        Assert.Empty(server.Observer.Faults);
    }

    [Fact]
    public async Task Connections_read_and_write_concurrently()
    {
        await using TestServer server = Start(connection => connection.DuplexAsync(
            _ => Handlers.DiscardAsync(connection),
            async _ => await connection.WriteAsync(new byte[20_000_000])));
        using RawClient client = await ConnectAsync(server.EndPoint, Addresses[0]);

        await client.SendAsync(new byte[20_000_000]);
        client.FinishSending();

        Assert.Equal(20_000_000, (await client.ReceiveToEndAsync()).Length);
    }

    [Fact]
    public async Task A_stop_ends_idle_and_queued_connections_and_lets_a_message_finish()
    {
        TestServer server = Start(Handlers.EchoLinesAsync, Patient);
        await using (server)
        {
            using RawClient rests = await ConnectAsync(server.EndPoint, Addresses[0]);
            await rests.SendAsync("whole\n");
            Assert.Equal("whole", await rests.ReceiveLineAsync());
            using RawClient waits = await ConnectAsync(server.EndPoint, Addresses[0]);
            using RawClient speaks = await ConnectAsync(server.EndPoint, Addresses[1]);
            await speaks.SendAsync("ha");
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesReceived == 2));
            await Patience.UntilAsync(() => server.Server.Connections == 3);

            Task<DrainReport> stop = server.Server.StopAsync();
            Assert.Empty(await rests.ReceiveToEndAsync());
            Assert.Empty(await waits.ReceiveToEndAsync());
            await speaks.SendAsync("lf\n");
            Assert.Equal("half", await speaks.ReceiveLineAsync());
            Assert.Empty(await speaks.ReceiveToEndAsync());
            foreach (RawClient client in (RawClient[])[rests, waits, speaks])
                client.Dispose();

            Assert.Equal(new DrainReport(3, 0, 0), await stop.Bounded());
            await server.Server.Completion.Bounded();
            await Assert.ThrowsAnyAsync<SocketException>(() => server.ConnectAsync());
        }
    }

    [Fact]
    public async Task A_handler_that_throws_leaves_its_thread_and_the_next_connection_intact()
    {
        await using TestServer server = Start(async connection =>
        {
            if (connection.Id == 1)
                throw new InvalidOperationException("on purpose");
            await Handlers.EchoAsync(connection);
        });
        using RawClient first = await ConnectAsync(server.EndPoint, Addresses[0]);
        using RawClient second = await ConnectAsync(server.EndPoint, Addresses[0]);

        Assert.True(await first.EndsByResetAsync());
        await AssertEchoAsync(second);
        Assert.Single(server.Observer.Faults);
    }

    private static TestServer Start(Func<Connection, Task> handle, ServerLimits? limits = null) =>
        TestServer.Start(ThreadPerClientModel.Entry, new LambdaHandler(handle),
            options => options with { Limits = limits ?? TestServer.Limits });

    private static Task<RawClient> ConnectAsync(EndPoint where, IPAddress from) =>
        RawClient.ConnectAsync(where, from: from);

    /// <summary>The reset may come before the connect has returned.</summary>
    private static async Task<bool> IsResetAsync(EndPoint where, IPAddress from)
    {
        try
        {
            using RawClient client = await ConnectAsync(where, from);
            return await client.EndsByResetAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }

    private static async Task AssertEchoAsync(RawClient client)
    {
        await client.SendAsync("echo");
        Assert.Equal("echo"u8.ToArray(), await client.ReceiveExactlyAsync(4));
    }
}
