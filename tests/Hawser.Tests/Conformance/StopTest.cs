using System.Net.Sockets;
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
        await Assert.ThrowsAnyAsync<SocketException>(() => server.ConnectAsync());
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Idle_connections_end_at_once_and_one_mid_message_may_finish(string model)
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
    public async Task A_peer_in_the_middle_of_a_message_is_aborted_when_the_drain_time_is_over(string model)
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
    public async Task A_peer_that_never_reads_is_aborted_when_the_drain_time_is_over(string model)
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
    public async Task A_slow_reader_gets_all_of_its_answer_within_the_drain_time(string model)
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
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, _ => release.Task,
            options => options with { Limits = Hasty });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == 1);

        Assert.Equal(new DrainReport(0, 0, 1), await server.Server.StopAsync().Bounded());

        release.SetResult();
    }

    [Fact]
    public async Task Those_in_the_line_of_the_pool_are_ended_too()
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
    public async Task Those_in_the_line_of_the_pool_are_at_rest()
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
    public async Task A_server_at_its_connection_limit_stops_like_any_other(string model)
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
    public async Task A_handler_that_ends_by_the_token_is_finished_and_not_at_fault(string model)
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
    public async Task Connections_that_come_while_the_server_stops_are_served_to_an_end_or_refused(string model)
    {
        for (int round = 0; round < 10; round++)
        {
            TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync,
                options => options with { Limits = Patient });
            Task crowd = Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                try
                {
                    using RawClient client = await server.ConnectAsync();
                    await client.ReceiveToEndAsync();
                }
                catch (SocketException)
                {
                    // Refused or reset. A client that waits for an end that never comes fails the test.
                }
            }));

            await server.Server.StopAsync().Bounded();
            await server.Server.Completion.Bounded();
            await crowd.Bounded();

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
