using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Results of a wait when several events coincide.</summary>
public sealed class WaitEndTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_reset_between_two_waits_is_not_an_end_of_stream(string model)
    {
        var waited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Assert.Equal(InputState.TimedOut, await connection.WaitForInputAsync(Deadline.After(TimeSpan.FromMilliseconds(5))));
            waited.SetResult();
            await goOn.Task;
            await connection.ReadAsync();
        });
        RawClient client = await server.ConnectAsync();
        await waited.Task.Bounded();
        client.Reset();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single().Transport.IsBroken);
        goOn.SetResult();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task An_abort_during_traffic_is_not_an_end_of_stream(string model)
    {
        for (int round = 0; round < 20; round++)
        {
            bool sawEnd = false;
            await using TestServer server = TestServer.Start(model, async connection =>
            {
                // Half-closed: unblocking a receive must not need the sending side.
                await connection.ReadAsync();
                await connection.WriteAsync(Mark);
                await connection.FinishWritingAsync();
                sawEnd = (await connection.ReadAsync()).IsEmpty;
            });
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single().IsReceiving);

            server.Observer.AcceptedOnes.Single().Abort();

            Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
            Assert.False(sawEnd);
        }
    }

    [Theory, Models]
    public async Task Waits_with_deadlines_do_not_keep_a_silent_peer_alive(string model)
    {
        var time = new FakeTime();
        int waits = 0;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.WaitForInputAsync(Deadline.After(TimeSpan.FromSeconds(1), connection.Time))
                == InputState.TimedOut)
            {
                Interlocked.Increment(ref waits);
            }
        }, options => options with
        {
            TimeProvider = time,
            Limits = TestServer.Limits with { FirstByteTimeout = TimeSpan.FromSeconds(10) },
        });
        using RawClient client = await server.ConnectAsync();

        Connection? connection = null;
        await Patience.UntilAsync(() => (connection = server.Observer.AcceptedOnes.LastOrDefault()) is not null);
        int steps = 0;
        for (; connection!.EndedBy == CloseReason.None && steps < 15; steps++)
        {
            int before = Volatile.Read(ref waits);
            await Patience.UntilAsync(() => connection.IsReceiving || connection.EndedBy != CloseReason.None);
            time.Advance(TimeSpan.FromSeconds(1));
            await Patience.UntilAsync(() =>
                Volatile.Read(ref waits) > before || connection.EndedBy != CloseReason.None);
        }

        Assert.Equal(CloseReason.FirstByteTimeout, connection.EndedBy);
        Assert.InRange(steps, 10, 12);
        client.FinishSending();
        Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_stray_read_affects_only_its_own_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            if (connection.Id == 1)
            {
                _ = Task.Run(async () =>
                {
                    while (!(await connection.ReadAsync()).IsEmpty)
                    {
                    }
                });
            }
        });
        using (RawClient stray = await server.ConnectAsync())
        {
            await stray.SendAsync("x");
            await Record.ExceptionAsync(async () =>
            {
                for (int i = 0; i < 50; i++)
                    await stray.SendAsync(new byte[1000]);
            });
        }
        await server.Observer.NextEndAsync();

        using RawClient next = await server.ConnectAsync();
        await next.SendAsync("x");
        Assert.Empty(await next.ReceiveToEndAsync());
    }
}
