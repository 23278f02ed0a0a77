using System.Globalization;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Connections that outlive or block their loop.</summary>
public sealed class LoopOwnershipTest
{
    private static readonly byte[] Mark = "."u8.ToArray();
    private static readonly ServerLimits Hasty = TestServer.Limits with
    {
        DrainTimeout = TimeSpan.FromMilliseconds(50),
    };

    /// <summary>Other sockets get the numbers of the closed loop's descriptors meanwhile.</summary>
    [Fact]
    public async Task A_client_connection_can_be_disposed_after_its_loop_has_ended()
    {
        await using TestServer server = TestServer.Start("threads", Handlers.EchoAsync);
        using RawClient other = await server.ConnectAsync();
        for (int round = 0; round < 20; round++)
        {
            ClientLoop loop = ClientLoop.Start("clients");
            Connection connection = await loop.ConnectAsync(server.EndPoint, Patience.Limit);
            await loop.RunAsync(async () => await connection.WriteAsync(Mark)).Bounded();
            await loop.DisposeAsync().AsTask().Bounded();
            using RawClient another = await server.ConnectAsync();

            if (round % 2 == 0)
                connection.Dispose();
            else
                connection.Abort();

            await AssertEchoesAsync(another);
            await AssertEchoesAsync(other);
        }
        await Patience.UntilAsync(() => server.Observer.ClosedOnes.Count >= 20);
        Assert.Empty(server.Observer.Faults);
    }

    [Fact]
    public async Task A_pending_call_fails_when_its_loop_ends()
    {
        await using TestServer server = TestServer.Start("threads", Handlers.EchoAsync);
        ClientLoop loop = ClientLoop.Start("clients");
        Connection connection = await loop.ConnectAsync(server.EndPoint, Patience.Limit);
        Task reading = loop.RunAsync(async () => await connection.ReadAsync());
        await Patience.UntilAsync(() => connection.IsReceiving);

        await loop.DisposeAsync().AsTask().Bounded();

        await Assert.ThrowsAsync<ConnectionClosedException>(() => reading.Bounded());
        Assert.Equal(1, (await server.Observer.NextEndAsync()).Connection.Id);
    }

    [Fact]
    public async Task A_call_after_the_end_of_its_loop_fails()
    {
        await using TestServer server = TestServer.Start("threads", Handlers.EchoAsync);
        ClientLoop loop = ClientLoop.Start("clients");
        Connection connection = await loop.ConnectAsync(server.EndPoint, Patience.Limit);
        await loop.DisposeAsync().AsTask().Bounded();

        await Assert.ThrowsAsync<ConnectionClosedException>(() => connection.ReadAsync().AsTask().Bounded());
        await Assert.ThrowsAsync<ConnectionClosedException>(() => connection.WriteAsync(Mark).AsTask().Bounded());
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_handler_that_blocks_its_loop_past_the_drain_time_harms_nothing_but_that_loop(string model)
    {
        foreach (int loops in (int[])[1, 1, 2, 2])
        {
            using var release = new ManualResetEventSlim();
            await using TestServer server = TestServer.Start(model, async connection =>
            {
                if (connection.Id == 1)
                {
                    await connection.ReadAsync();
                    release.Wait(Patience.Limit);
                }
                await Handlers.EchoLinesAsync(connection);
            }, options => options with { Limits = Hasty, ModelOptions = new ModelOptions { Loops = loops } });
            using RawClient blocking = await server.ConnectAsync();
            await blocking.SendAsync("x");
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesReceived == 1));
            var posted = new List<RawClient>();
            for (int i = 0; i < 6; i++)
            {
                posted.Add(await server.ConnectAsync());
                await posted[i].SendAsync("ha");
            }

            DrainReport report = await server.Server.StopAsync().Bounded();
            release.Set();
            await server.Server.Completion.Bounded();

            Assert.InRange(report.Stuck, 1, 7);
            Assert.Equal(server.Observer.AcceptedOnes.Count, server.Observer.ClosedOnes.Count);
            foreach (RawClient client in posted)
            {
                // An end or a reset: anything but being left alone.
                Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(client.ReceiveToEndAsync));
                client.Dispose();
            }
        }
    }

    /// <summary>Whichever loop is blocked, the other one answers some of the waiting clients.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(512)]
    public async Task A_blocked_loop_does_not_keep_the_other_from_accepting(int backlog)
    {
        Assert.SkipUnless(ConcurrencyModels.Get("epoll").IsAvailable, "not on this platform");
        using var release = new SemaphoreSlim(0);
        await using TestServer server = TestServer.Start("epoll", async connection =>
        {
            while (await connection.TryReadLineAsync(10) is { } line)
            {
                if (line.Span.SequenceEqual("block"u8))
                    release.Wait(Patience.Limit);
                int thread = Environment.CurrentManagedThreadId;
                await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{thread}\n"));
            }
        }, options => options with { Backlog = backlog, ModelOptions = new ModelOptions { Loops = 2 } });
        var clientOfThread = new Dictionary<int, RawClient>();
        while (clientOfThread.Count < 2)
        {
            RawClient client = await server.ConnectAsync();
            clientOfThread[await AskAsync(client, "who")] = client;
        }

        foreach ((int thread, RawClient blocker) in clientOfThread)
        {
            await blocker.SendAsync("block\n");
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(
                c => c.RemoteEndPoint!.Equals(blocker.LocalEndPoint) && c.BytesReceived == 10));
            Task<int>[] crowd = [.. Enumerable.Range(0, 8).Select(async _ =>
            {
                using RawClient client = await server.ConnectAsync();
                return await AskAsync(client, "who");
            })];

            int first = await await Task.WhenAny(crowd).Bounded();
            release.Release();

            Assert.NotEqual(thread, first);
            await Task.WhenAll(crowd).Bounded();
            await blocker.ReceiveLineAsync();
        }
    }

    private static async Task<int> AskAsync(RawClient client, string line)
    {
        await client.SendAsync(line + "\n");
        return int.Parse(await client.ReceiveLineAsync(), CultureInfo.InvariantCulture);
    }

    private static async Task AssertEchoesAsync(RawClient client)
    {
        await client.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await client.ReceiveExactlyAsync(1));
    }
}
