using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>When each model accepts the next connection.</summary>
public sealed class AdmissionTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Fact]
    public async Task Sequential_serves_one_connection_to_its_end_before_the_next()
    {
        var served = new List<long>();
        await using TestServer server = TestServer.Start("sequential", async connection =>
        {
            while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            {
                served.Add(connection.Id);
                await connection.WriteAsync(bytes);
            }
        });
        using RawClient first = await server.ConnectAsync();
        using RawClient second = await server.ConnectAsync();
        await second.SendAsync("2");
        for (int i = 0; i < 10; i++)
        {
            await first.SendAsync("1");
            await first.ReceiveExactlyAsync(1);
        }

        Assert.Single(server.Observer.AcceptedOnes);
        first.Dispose();
        await second.ReceiveExactlyAsync(1);

        Assert.Equal([.. Enumerable.Repeat(1L, 10), 2L], served);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Connections_are_numbered_in_order_of_arrival(string model)
    {
        await using TestServer server = TestServer.Start(
            model, async connection => await connection.WriteAsync(Encoding.ASCII.GetBytes($"{connection.Id}\n")));
        var clients = new List<RawClient>();
        for (int i = 0; i < 64; i++)
            clients.Add(await server.ConnectAsync());

        for (int i = 0; i < clients.Count; i++)
        {
            Assert.Equal($"{i + 1}\n", Encoding.ASCII.GetString(await clients[i].ReceiveToEndAsync()));
            clients[i].Dispose();
        }
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Concurrent_models_interleave_connections(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        var clients = new List<RawClient>();
        for (int i = 0; i < 5; i++)
            clients.Add(await server.ConnectAsync());

        for (int round = 0; round < 3; round++)
        {
            foreach (RawClient client in clients.AsEnumerable().Reverse())
            {
                await client.SendAsync("x");
                await client.ReceiveExactlyAsync(1);
            }
        }

        Assert.Equal(5, server.Server.Connections);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task With_all_pool_threads_busy_the_next_client_waits()
    {
        await using TestServer server = TestServer.Start("pool", Handlers.EchoAsync,
            options => options with { ModelOptions = new() { Threads = 2 } });
        using RawClient first = await server.ConnectAsync();
        using RawClient second = await server.ConnectAsync();
        await EchoAsync(first);
        await EchoAsync(second);
        using RawClient third = await server.ConnectAsync();
        await third.SendAsync("3");
        await Patience.UntilAsync(() => server.Server.Connections == 3);
        await EchoAsync(first);
        await EchoAsync(second);

        Assert.Equal(2, server.Observer.AcceptedOnes.Count);
        second.Dispose();
        await third.ReceiveExactlyAsync(1);
        await EchoAsync(first);
    }

    [Fact]
    public async Task Pool_serves_its_whole_queue_in_order()
    {
        await using TestServer server = TestServer.Start("pool", Handlers.EchoAsync,
            options => options with { ModelOptions = new() { Threads = 1 } });
        var clients = new List<RawClient>();
        for (int i = 0; i < 6; i++)
        {
            clients.Add(await server.ConnectAsync());
            await clients[i].SendAsync("x");
        }

        foreach (RawClient client in clients)
        {
            await client.ReceiveExactlyAsync(1);
            client.Dispose();
            await server.Observer.NextEndAsync();
        }

        Assert.Equal(clients.Count, server.Observer.AcceptedOnes.Count);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task At_the_connection_limit_the_next_client_waits_in_the_kernel(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync,
            options => options with { Limits = TestServer.Limits with { Connections = 2 } });
        using RawClient first = await server.ConnectAsync();
        using RawClient second = await server.ConnectAsync();
        using RawClient third = await server.ConnectAsync();
        await third.SendAsync("3");
        for (int i = 0; i < 10; i++)
        {
            await EchoAsync(first);
            await EchoAsync(second);
        }

        Assert.Equal(2, server.Server.Connections);
        Assert.Equal(2, server.Observer.AcceptedOnes.Count);
        first.Dispose();
        await third.ReceiveExactlyAsync(1);
        await EchoAsync(second);
    }

    [Theory, Models]
    public async Task A_connection_limit_of_one_serves_clients_in_turn(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            await connection.WriteAsync(Mark);
        }, options => options with { Limits = TestServer.Limits with { Connections = 1 } });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
            client.FinishSending();
        }));

        for (int i = 0; i < 20; i++)
            await server.Observer.NextEndAsync();
    }

    private static async Task EchoAsync(RawClient client)
    {
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
    }
}
