using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Tasks that a handler has started and not awaited continue after its connection and its thread have
/// ended.</summary>
public sealed class ThreadContextTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task An_unawaited_task_continues_after_its_connection_has_ended(string model)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wentOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            _ = GoOnLaterAsync();
            await connection.WriteAsync(Mark);
        });
        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("x");
            Assert.Equal(Mark, await client.ReceiveToEndAsync());
        }
        await server.Observer.NextEndAsync();
        await Patience.UntilAsync(() => server.Server.Connections == 0);

        ended.SetResult();

        await wentOn.Task.Bounded();

        async Task GoOnLaterAsync()
        {
            await ended.Task;
            await Task.Delay(1);
            await Task.Yield();
            wentOn.SetResult();
        }
    }

    [Theory, Models]
    public async Task A_task_that_awaits_a_timer_continues_after_its_handler_has_thrown(string model)
    {
        var wentOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            _ = GoOnLaterAsync();
            throw new InvalidOperationException("and leaves it behind");
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());

        await wentOn.Task.Bounded();

        async Task GoOnLaterAsync()
        {
            for (int i = 0; i < 20; i++)
                await Task.Delay(1);
            wentOn.SetResult();
        }
    }

    /// <summary>The first connection starts the task and ends before it completes; later ones await it.</summary>
    [Theory, Models]
    public async Task A_shared_task_started_by_one_connection_completes_for_later_ones(string model)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = new Lazy<Task<byte[]>>(async () =>
        {
            await gate.Task;
            await Task.Yield();
            return Mark;
        });
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            Task<byte[]> begun = shared.Value;
            if (connection.Id > 1)
                await connection.WriteAsync(await begun);
        });
        using (RawClient first = await server.ConnectAsync())
        {
            await first.SendAsync("x");
            Assert.Empty(await first.ReceiveToEndAsync());
        }
        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());

        for (int i = 0; i < 3; i++)
        {
            using RawClient later = await server.ConnectAsync();
            await later.SendAsync("x");
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(
                c => c.Id == i + 2 && c.BytesReceived == 1));
            gate.TrySetResult();
            Assert.Equal(Mark, await later.ReceiveToEndAsync());
        }
    }

    [Theory, Models]
    public async Task Unawaited_tasks_of_many_connections_all_continue(string model)
    {
        const int Connections = 30;
        int wentOn = 0;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            _ = GoOnLaterAsync();
            await connection.WriteAsync(Mark);
        });
        for (int i = 0; i < Connections; i++)
        {
            using RawClient client = await server.ConnectAsync();
            Assert.Equal(Mark, await client.ReceiveToEndAsync());
        }

        // It may be resumed as its connection ends: neither before nor after, but once.
        await Patience.UntilAsync(() => Volatile.Read(ref wentOn) == Connections);

        async Task GoOnLaterAsync()
        {
            await Task.Delay(Random.Shared.Next(3));
            await Task.Yield();
            Interlocked.Increment(ref wentOn);
        }
    }
}
