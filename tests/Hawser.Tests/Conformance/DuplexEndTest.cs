using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Ends of concurrent reading and writing that neither side has chosen.</summary>
public sealed class DuplexEndTest
{
    private static readonly ServerLimits Patient = TestServer.Limits with { DrainTimeout = Patience.Limit };

    [Theory, Models]
    public Task An_error_of_the_reader_is_thrown_when_the_writer_has_ended(string model) =>
        AssertThrownAfterTheOtherAsync(model, (connection, fail, other) => connection.DuplexAsync(fail, other));

    [Theory, Models]
    public Task An_error_of_the_writer_is_thrown_when_the_reader_has_ended(string model) =>
        AssertThrownAfterTheOtherAsync(model, (connection, fail, other) => connection.DuplexAsync(other, fail));

    [Theory, Models]
    public async Task A_reset_by_the_peer_ends_both(string model)
    {
        int ended = 0;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            await connection.DuplexAsync(
                cancel => CountAsync(() => Handlers.DiscardAsync(connection)),
                cancel => CountAsync(() => Task.Delay(Timeout.Infinite, cancel)));
        });
        RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsReceiving && c.BytesReceived == 1));

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        Assert.Equal(2, ended);
        Assert.Empty(server.Observer.Faults);

        async Task CountAsync(Func<Task> half)
        {
            try
            {
                await half();
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        }
    }

    [Theory, Models]
    public async Task A_stop_ends_both_when_the_reader_is_idle(string model)
    {
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            async cancel =>
            {
                while (await connection.WaitForInputAsync(cancel: cancel) == InputState.Ready)
                    await connection.ReadAsync(cancel);
            },
            cancel => Task.Delay(Timeout.Infinite, cancel)), options => options with { Limits = Patient });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));

        Task<DrainReport> stop = server.Server.StopAsync();
        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
        await server.Server.Completion.Bounded();
    }

    [Theory, Models]
    public async Task The_drain_timeout_ends_both_whatever_they_await(string model)
    {
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            _ => Handlers.DiscardAsync(connection),
            _ => Task.Delay(Timeout.Infinite, connection.Aborted)), options => options with
            {
                Limits = TestServer.Limits with { DrainTimeout = TimeSpan.FromMilliseconds(50) },
            });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));

        Assert.Equal(new DrainReport(0, 1, 0), await server.Server.StopAsync().Bounded());

        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
        await server.Server.Completion.Bounded();
    }

    private static async Task AssertThrownAfterTheOtherAsync(
        string model,
        Func<Connection, Func<CancellationToken, Task>, Func<CancellationToken, Task>, Task> run)
    {
        bool otherHasEnded = false;
        bool wasOver = false;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            try
            {
                await run(connection, Fail, WaitToBeCancelled);
            }
            finally
            {
                wasOver = otherHasEnded;
            }
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");

        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        Assert.Equal("of one half", Assert.IsType<FormatException>(Assert.Single(server.Observer.Faults)).Message);
        Assert.True(wasOver);

        static async Task Fail(CancellationToken cancel)
        {
            await Task.Yield();
            throw new FormatException("of one half");
        }

        async Task WaitToBeCancelled(CancellationToken cancel)
        {
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, cancel));
            await Task.Yield();
            otherHasEnded = true;
            cancel.ThrowIfCancellationRequested();
        }
    }
}
