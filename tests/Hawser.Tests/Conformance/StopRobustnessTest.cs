using System.Collections.Concurrent;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Stops under difficult conditions.</summary>
public sealed class StopRobustnessTest
{
    private static readonly ServerLimits Hasty = TestServer.Limits with
    {
        DrainTimeout = TimeSpan.FromMilliseconds(50),
    };
    private static readonly ServerLimits Patient = TestServer.Limits with { DrainTimeout = Patience.Limit };

    [Theory, Models]
    public async Task A_throwing_token_callback_is_reported_and_the_server_stops(string model)
    {
        var observer = new FaultObserver();
        int called = 0;
        await using TestServer server = TestServer.Start(model, async (connection, stopping) =>
        {
            stopping.Register(() => Interlocked.Increment(ref called));
            stopping.Register(() => throw new FormatException("of a callback"));
            stopping.Register(() => Interlocked.Increment(ref called));
            await Handlers.EchoLinesAsync(connection);
        }, options => options with { Limits = Patient, Observer = observer });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x\n");
        await client.ReceiveLineAsync();

        Task<DrainReport> stop = server.Server.StopAsync();
        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        await server.Server.Completion.Bounded();
        await Patience.UntilAsync(() => !observer.Faults.IsEmpty);
        Assert.Contains("of a callback", Assert.Single(observer.Faults).ToString(), StringComparison.Ordinal);
        Assert.Equal(2, called);
    }

    [Theory, Models]
    public async Task A_blocking_token_callback_delays_neither_idle_nor_drain_timeout(string model)
    {
        using var release = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async (connection, stopping) =>
        {
            stopping.Register(release.Wait);
            await Handlers.EchoLinesAsync(connection, begun.SetResult);
        }, options => options with { Limits = Hasty });
        try
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("ha");
            await begun.Task.Bounded();

            Assert.Equal(new DrainReport(0, 1, 0), await server.Server.StopAsync().Bounded());

            Assert.True(await client.EndsByResetAsync());
            Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        }
        finally
        {
            release.Set();
        }
        await server.Server.Completion.Bounded();
    }

    [Theory, Models]
    public async Task A_blocking_token_callback_does_not_keep_idle_connections_open(string model)
    {
        using var release = new ManualResetEventSlim();
        await using TestServer server = TestServer.Start(model, async (connection, stopping) =>
        {
            stopping.Register(release.Wait);
            await Handlers.EchoLinesAsync(connection);
        }, options => options with { Limits = Patient });
        try
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x\n");
            await client.ReceiveLineAsync();

            Task<DrainReport> stop = server.Server.StopAsync();
            Assert.Empty(await client.ReceiveToEndAsync());
            client.FinishSending();

            Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
            Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        }
        finally
        {
            release.Set();
        }
    }

    public static TheoryData<string, TimeSpan> LongTimesUnderModels()
    {
        var data = new TheoryData<string, TimeSpan>();
        foreach (ConcurrencyModel model in ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (TimeSpan time in (TimeSpan[])[TimeSpan.FromDays(60), TimeSpan.MaxValue, Timeout.InfiniteTimeSpan])
                data.Add(model.Name, time);
        }
        return data;
    }

    [Theory, MemberData(nameof(LongTimesUnderModels))]
    public async Task Limits_beyond_the_timer_range_are_accepted(string model, TimeSpan time)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken stopped = default;
        await using TestServer server = TestServer.Start(model, (connection, stopping) =>
        {
            stopped = stopping;
            return Handlers.EchoLinesAsync(connection, () => begun.TrySetResult());
        }, options => options with
        {
            Limits = new ServerLimits
            {
                DrainTimeout = time,
                FirstByteTimeout = time,
                IdleTimeout = time,
                LingerTimeout = time,
            },
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("ha");
        await begun.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        await Patience.UntilAsync(() => stopped.IsCancellationRequested);
        await client.SendAsync("lf\n");

        Assert.Equal("half\n"u8.ToArray(), await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        await server.Server.Completion.Bounded();
    }

    /// <summary>Matters most in models that are not accepting at that moment: sequential, and a full
    /// pool.</summary>
    [Theory, Models]
    public async Task No_connection_is_accepted_during_the_drain(string model)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken stopped = default;
        await using TestServer server = TestServer.Start(model, (connection, stopping) =>
        {
            stopped = stopping;
            return Handlers.EchoLinesAsync(connection, () => begun.TrySetResult());
        }, options => options with { Limits = Patient, ModelOptions = new ModelOptions { Threads = 1 } });
        using RawClient busy = await server.ConnectAsync();
        await busy.SendAsync("ha");
        await begun.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        await Patience.UntilAsync(() => stopped.IsCancellationRequested);
        while (await TryConnectAsync(server) is { } late)
        {
            // The listener may stay open a moment longer; a connection made then must still be ended.
            Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(late.ReceiveToEndAsync));
            late.Dispose();
        }

        Assert.False(stop.IsCompleted);
        await busy.SendAsync("lf\n");
        Assert.Equal("half\n"u8.ToArray(), await busy.ReceiveToEndAsync());
        busy.FinishSending();
        Assert.Equal(0, (await stop.Bounded()).Aborted);
    }

    [Theory, Models]
    public async Task A_handler_may_stop_its_own_server(string model)
    {
        TestServer? running = null;
        Task<DrainReport>? stop = null;
        await using TestServer server = running = TestServer.Start(model, async connection =>
        {
            await connection.TryReadLineAsync(10);
            stop = running!.Server.StopAsync();
            await connection.WriteAsync("stopping"u8.ToArray());
        }, options => options with { Limits = Patient });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("stop\n");

        Assert.Equal("stopping"u8.ToArray(), await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(new DrainReport(1, 0, 0), await stop!.Bounded());
        await server.Server.Completion.Bounded();
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_handler_that_awaits_its_own_stop_is_reported_stuck_and_continues_afterwards(string model)
    {
        TestServer? running = null;
        DrainReport? report = null;
        await using TestServer server = running = TestServer.Start(model, async connection =>
        {
            await connection.TryReadLineAsync(10);
            report = await running!.Server.StopAsync();
        }, options => options with { Limits = Hasty });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("stop\n");

        await server.Server.Completion.Bounded();

        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        Assert.Equal(new DrainReport(0, 0, 1), report);
    }

    private static async Task<RawClient?> TryConnectAsync(TestServer server)
    {
        try
        {
            return await server.ConnectAsync();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private sealed class FaultObserver : IServerObserver
    {
        public ConcurrentQueue<Exception> Faults { get; } = new();

        public void Faulted(Exception fault) => Faults.Enqueue(fault);
    }
}
