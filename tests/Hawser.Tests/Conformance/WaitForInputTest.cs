using System.Diagnostics;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>The wait between two messages, and its results.</summary>
public sealed class WaitForInputTest
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_wait_for_input_distinguishes_input_from_the_end_and_consumes_nothing(string model)
    {
        var states = new List<InputState>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            states.Add(await connection.WaitForInputAsync());
            states.Add(await connection.WaitForInputAsync());
            Assert.Equal("ab"u8.ToArray(), (await connection.ReadAsync()).ToArray());
            await connection.WriteAsync(Mark);
            states.Add(await connection.WaitForInputAsync());
            states.Add(await connection.WaitForInputAsync());
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("ab");
        await client.ReceiveExactlyAsync(1);
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Equal([InputState.Ready, InputState.Ready, InputState.Finished, InputState.Finished], states);
    }

    [Theory, Models]
    public async Task A_wait_for_input_times_out_at_its_deadline_and_never_before(string model)
    {
        var early = new List<long>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            for (int i = 0; i < 20; i++)
            {
                long deadline = Stopwatch.GetTimestamp() + Stopwatch.Frequency * i / 2_000;
                Assert.Equal(InputState.TimedOut, await connection.WaitForInputAsync(Deadline.At(deadline)));
                if (Stopwatch.GetTimestamp() < deadline)
                    early.Add(deadline);
            }
            await connection.WriteAsync(Mark);
            Assert.Equal(InputState.Ready, await connection.WaitForInputAsync(Deadline.After(Patience.Limit)));
            Assert.Equal("late"u8.ToArray(), (await connection.ReadAsync()).ToArray());
        });
        using RawClient client = await server.ConnectAsync();

        await client.ReceiveExactlyAsync(1);
        await client.SendAsync("late");

        Assert.Equal(CloseReason.HandlerFinished, await EndAsync(server, client));
        Assert.Empty(server.Observer.Faults);
        Assert.Empty(early);
    }

    [Theory, Models]
    public async Task A_deadline_holds_after_a_read_that_filled_its_buffer_exactly(string model)
    {
        InputState state = InputState.Ready;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] block = new byte[8];
            await connection.TryReadExactlyAsync(block);
            state = await connection.WaitForInputAsync(Deadline.After(Short));
            await connection.WriteAsync(Mark);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("12345678");
        await client.ReceiveExactlyAsync(1);

        Assert.Equal(InputState.TimedOut, state);
    }

    [Theory, Models]
    public async Task A_wait_with_a_passed_deadline_still_finds_buffered_input(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.WaitForInputAsync(Deadline.After(TimeSpan.Zero)) == InputState.TimedOut)
                await Task.Delay(1);
            await connection.WriteAsync(await connection.ReadAsync());
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("here");

        Assert.Equal("here"u8.ToArray(), await client.ReceiveExactlyAsync(4));
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_handler_that_polls_with_a_passed_deadline_does_not_starve_another(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.WaitForInputAsync(Deadline.After(TimeSpan.Zero)) == InputState.TimedOut)
            {
            }
            await connection.WriteAsync(await connection.ReadAsync());
        }, options => options with { ModelOptions = new() { Loops = 1 } });
        using RawClient asking = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == 1);

        using RawClient other = await server.ConnectAsync();
        await other.SendAsync("b");
        Assert.Equal("b"u8.ToArray(), await other.ReceiveExactlyAsync(1));
        await asking.SendAsync("a");
        Assert.Equal("a"u8.ToArray(), await asking.ReceiveExactlyAsync(1));
    }

    [Theory, Models]
    public async Task A_stop_ends_the_wait_of_an_idle_connection(string model)
    {
        InputState state = InputState.Ready;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            state = await connection.WaitForInputAsync();
            await connection.WriteAsync("bye"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));

        Task<DrainReport> stop = server.Server.StopAsync();

        Assert.Equal("bye"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
        Assert.Equal(InputState.Stopping, state);
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
    }

    [Theory, Models]
    public async Task A_wait_that_begins_after_the_stop_ends_at_once(string model)
    {
        var release = new TaskCompletionSource();
        InputState state = InputState.Ready;
        await using TestServer server = TestServer.Start(model, async (connection, stopping) =>
        {
            stopping.Register(release.SetResult);
            await connection.WriteAsync(Mark);
            await release.Task;
            state = await connection.WaitForInputAsync();
        });
        using RawClient client = await server.ConnectAsync();
        await client.ReceiveExactlyAsync(1);

        Task<DrainReport> stop = server.Server.StopAsync();

        Assert.Empty(await client.ReceiveToEndAsync());
        client.Dispose();
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        Assert.Equal(InputState.Stopping, state);
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
    }

    private static async Task<CloseReason> EndAsync(TestServer server, RawClient client)
    {
        client.Dispose();
        return await server.Observer.NextReasonAsync();
    }
}
