using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>The stop of a server, with connections in every state.</summary>
public sealed class StopTest
{
    private static readonly ServerLimits Hasty = TestServer.Limits with { DrainTimeout = TimeSpan.FromMilliseconds(50) };
    private static readonly ServerLimits Patient = TestServer.Limits with { DrainTimeout = Patience.Limit };

    [Theory, Models]
    public async Task A_server_without_connections_stops_at_once(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync,
            options => options with { Limits = Patient });

        Assert.Equal(new DrainReport(0, 0, 0), await server.Server.StopAsync().Bounded());
        await server.Server.Completion.Bounded();

        Assert.Single(server.Observer.Drains);
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => server.ConnectAsync());
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_stop_ends_idle_connections_at_once_and_lets_a_message_finish(string model)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int begun = 0;
        await using TestServer server = TestServer.Start(model, async (connection, token) =>
        {
            token.Register(() => stopping.TrySetResult());
            await Handlers.EchoLinesAsync(connection, () => Interlocked.Increment(ref begun));
        }, options => options with { Limits = Patient });
        using RawClient idle = await server.ConnectAsync();
        await idle.SendAsync("whole\n");
        await idle.ReceiveLineAsync();
        using RawClient busy = await server.ConnectAsync();
        await busy.SendAsync("ha");
        await Patience.UntilAsync(() => Volatile.Read(ref begun) == 2);

        Task<DrainReport> stop = server.Server.StopAsync();
        await stopping.Task.Bounded();
        Assert.Empty(await idle.ReceiveToEndAsync());
        idle.Dispose();
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
        await busy.SendAsync("lf\n");
        Assert.Equal("half\n"u8.ToArray(), await busy.ReceiveToEndAsync());
        busy.Dispose();

        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
        Assert.Equal(new DrainReport(2, 0, 0), await stop.Bounded());
        await server.Server.Completion.Bounded();
    }

    [Theory, Models]
    public async Task A_stop_can_be_cut_short_while_it_drains(string model)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(
            model, connection => Handlers.EchoLinesAsync(connection, () => begun.TrySetResult()),
            options => options with { Limits = Patient with { DrainTimeout = Timeout.InfiniteTimeSpan } });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("ha");
        await begun.Task.Bounded();
        using var hurry = new CancellationTokenSource();

        Task<DrainReport> patient = server.Server.StopAsync();
        Task<DrainReport> hasty = server.Server.StopAsync(hurry.Token);
        Assert.Equal(1, server.Server.Connections);
        await hurry.CancelAsync();

        Assert.Equal(new DrainReport(0, 1, 0), await hasty.Bounded());
        Assert.Equal(new DrainReport(0, 1, 0), await patient.Bounded());
        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_peer_in_the_middle_of_a_message_is_aborted_at_the_drain_timeout(string model)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model,
            connection => Handlers.EchoLinesAsync(connection, begun.SetResult),
            options => options with { Limits = Hasty });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("ha");
        await begun.Task.Bounded();

        Assert.Equal(new DrainReport(0, 1, 0), await server.Server.StopAsync().Bounded());

        Assert.True(await client.EndsByResetAsync());
        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        await server.Server.Completion.Bounded();
    }

    [Theory, Models]
    public async Task A_peer_that_never_reads_is_aborted_at_the_drain_timeout(string model)
    {
        await using TestServer server = TestServer.Start(model,
            async connection => await connection.WriteAsync(new byte[64_000_000]),
            options => options with { Limits = Hasty });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsSending && c.BytesSent > 0));

        Assert.Equal(new DrainReport(0, 1, 0), await server.Server.StopAsync().Bounded());

        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        await server.Server.Completion.Bounded();
    }

    [Theory, Models]
    public async Task A_slow_reader_receives_its_whole_answer_within_the_drain_timeout(string model)
    {
        CancellationToken begun = default;
        await using TestServer server = TestServer.Start(
            model,
            async (connection, stopping) =>
            {
                begun = stopping;
                await connection.WriteAsync(new byte[20_000_000]);
            },
            options => options with { Limits = Patient });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsSending && c.BytesSent > 0));

        Task<DrainReport> stop = server.Server.StopAsync();
        await Patience.UntilAsync(() => begun.IsCancellationRequested);
        Assert.Equal(20_000_000, (await client.ReceiveToEndAsync()).Length);
        client.FinishSending();

        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_handler_that_does_not_end_is_reported_as_stuck(string model)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, _ =>
        {
            begun.SetResult();
            return release.Task;
        }, options => options with { Limits = Hasty });
        using RawClient client = await server.ConnectAsync();
        await begun.Task.Bounded();

        Assert.Equal(new DrainReport(0, 0, 1), await server.Server.StopAsync().Bounded());

        release.SetResult();
    }

    [Fact]
    public async Task A_stop_ends_connections_in_the_pool_queue()
    {
        await using TestServer server = StartPoolOfOne(Handlers.EchoAsync, Hasty);
        List<RawClient> clients = await ConnectThreeAsync(server);

        DrainReport report = await server.Server.StopAsync().Bounded();
        await server.Server.Completion.Bounded();

        Assert.Equal(new DrainReport(0, 3, 0), report);
        Assert.All(server.Observer.ClosedOnes, end => Assert.Equal(CloseReason.DrainTimeout, end.Reason));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Connections_in_the_pool_queue_count_as_idle()
    {
        await using TestServer server = StartPoolOfOne(Handlers.EchoLinesAsync, Patient);
        List<RawClient> clients = await ConnectThreeAsync(server);

        Task<DrainReport> stop = server.Server.StopAsync();
        foreach (RawClient client in clients)
        {
            Assert.Empty(await client.ReceiveToEndAsync());
            client.Dispose();
        }

        Assert.Equal(new DrainReport(3, 0, 0), await stop.Bounded());
        await server.Server.Completion.Bounded();
    }

    [Theory, Models]
    public async Task A_server_at_its_connection_limit_stops(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync,
            options => options with { Limits = Patient with { Connections = 1 } });
        using RawClient inside = await server.ConnectAsync();
        using RawClient outside = await server.ConnectAsync();
        await inside.SendAsync("x\n");
        await inside.ReceiveLineAsync();

        Assert.Equal(new DrainReport(1, 0, 0), await server.Server.StopAsync().Bounded());

        await server.Server.Completion.Bounded();
        Assert.Single(server.Observer.AcceptedOnes);
    }

    [Theory, Models]
    public async Task Stopping_twice_is_one_stop(string model)
    {
        TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        using RawClient client = await server.ConnectAsync();

        Task<DrainReport> first = server.Server.StopAsync();
        Task<DrainReport> second = server.Server.StopAsync();
        await server.DisposeAsync();
        await server.DisposeAsync();

        Assert.Same(first, second);
        Assert.Single(server.Observer.Drains);
    }

    [Theory, Models]
    public async Task A_handler_cancelled_by_the_stop_token_is_not_a_fault(string model)
    {
        await using TestServer server = TestServer.Start(model,
            (_, stopping) => Task.Delay(Timeout.Infinite, stopping),
            options => options with { Limits = Patient });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == 1);
        client.FinishSending();

        Assert.Equal(new DrainReport(1, 0, 0), await server.Server.StopAsync().Bounded());

        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task Connections_during_a_stop_are_served_or_refused(string model)
    {
        for (int round = 0; round < 10; round++)
        {
            TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync,
                options => options with { Limits = Patient });
            Task crowd = Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                // Refused, reset or closed, but never left hanging.
                Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(async () =>
                {
                    using RawClient client = await server.ConnectAsync();
                    await client.ReceiveToEndAsync();
                }));
            }));

            await server.Server.StopAsync().Bounded();
            await server.Server.Completion.Bounded();
            await crowd.WaitAsync(2 * Patience.Limit);

            Assert.Equal(server.Observer.AcceptedOnes.Count, server.Observer.ClosedOnes.Count);
        }
    }

    private static TestServer StartPoolOfOne(Func<Connection, Task> handle, ServerLimits limits) =>
        TestServer.Start("pool", handle, options => options with
        {
            Limits = limits,
            ModelOptions = new ModelOptions { Threads = 1 },
        });

    /// <summary>One is served, the others are in the line or before it.</summary>
    private static async Task<List<RawClient>> ConnectThreeAsync(TestServer server)
    {
        var clients = new List<RawClient>();
        for (int i = 0; i < 3; i++)
            clients.Add(await server.ConnectAsync());
        await Patience.UntilAsync(() => server.Server.Connections == 3);
        return clients;
    }
}
