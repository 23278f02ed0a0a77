using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>The token that ends a handler which awaits something other than its peer.</summary>
public sealed class AbortedTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    private static readonly ServerLimits Hasty = TestServer.Limits with
    {
        DrainTimeout = TimeSpan.FromMilliseconds(50),
    };

    [Theory, Models]
    public async Task A_reset_by_the_peer_ends_a_handler_that_awaits_something_else(string model)
    {
        await using TestServer server = TestServer.Start(model, AwaitSomethingElseAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
        using RawClient next = await server.ConnectAsync();
        await next.SendAsync("y");
        await next.ReceiveExactlyAsync(1);
    }

    [Theory, Models]
    public async Task A_reset_behind_unread_bytes_is_noticed(string model)
    {
        await using TestServer server = TestServer.Start(model, AwaitSomethingElseAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        await client.SendAsync("more");

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_reset_is_looked_for_every_quarter_of_a_second(string model)
    {
        var time = new FakeTime();
        TimeSpan pause = TimeSpan.FromMilliseconds(250);
        TimeSpan tick = TimeSpan.FromTicks(1);
        await using TestServer server = TestServer.Start(model, AwaitSomethingElseAsync, options => options with
        {
            TimeProvider = time,
            Limits = TestServer.Limits with { FirstByteTimeout = Timeout.InfiniteTimeSpan },
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        await Patience.UntilAsync(() => time.Pending.Contains(pause));
        Connection connection = server.Observer.AcceptedOnes.Single();
        time.Advance(2 * pause);
        Assert.Equal(CloseReason.None, connection.EndedBy);

        client.Reset();
        await Patience.UntilAsync(() => connection.Transport.IsBroken);
        time.Advance(pause - tick);
        Assert.Equal(CloseReason.None, connection.EndedBy);
        time.Advance(tick);

        Assert.Equal(CloseReason.PeerReset, connection.EndedBy);
        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task An_abort_ends_a_handler_that_awaits_something_else(string model)
    {
        await using TestServer server = TestServer.Start(model, AwaitSomethingElseAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);

        server.Observer.AcceptedOnes.Single().Abort();

        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task The_drain_timeout_ends_a_handler_that_awaits_something_else(string model)
    {
        await using TestServer server = TestServer.Start(model, AwaitSomethingElseAsync,
            options => options with { Limits = Hasty });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);

        Assert.Equal(new DrainReport(0, 1, 0), await server.Server.StopAsync().Bounded());

        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
        Assert.Empty(server.Observer.Faults);
        await server.Server.Completion.Bounded();
    }

    /// <summary>Time that a handler spends on its own is not idle: here one task waits for the peer, and another for
    /// something else.</summary>
    [Theory, Models]
    public async Task A_timeout_ends_a_handler_that_awaits_something_else(string model)
    {
        var time = new FakeTime();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Task other = Task.Delay(Timeout.Infinite, connection.Aborted);
            if (connection.Id == 2)
            {
                await connection.ReadAsync();
                await connection.WriteAsync(Mark);
            }
            await Record.ExceptionAsync(async () => await connection.ReadAsync());
            await other;
        }, options => options with
        {
            TimeProvider = time,
            Limits = TestServer.Limits with
            {
                FirstByteTimeout = TimeSpan.FromSeconds(10),
                IdleTimeout = TimeSpan.FromSeconds(60),
            },
        });

        using RawClient silent = await server.ConnectAsync();
        await AssertTimesOutAsync(silent, CloseReason.FirstByteTimeout, TimeSpan.FromSeconds(11));
        using RawClient spoke = await server.ConnectAsync();
        await spoke.SendAsync("x");
        await spoke.ReceiveExactlyAsync(1);
        await AssertTimesOutAsync(spoke, CloseReason.IdleTimeout, TimeSpan.FromSeconds(61));
        Assert.Empty(server.Observer.Faults);

        async Task AssertTimesOutAsync(RawClient client, CloseReason reason, TimeSpan after)
        {
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.LastOrDefault() is { IsReceiving: true });
            time.Advance(after);
            Assert.Empty(await client.ReceiveToEndAsync());
            client.Dispose();
            Assert.Equal(reason, await server.Observer.NextReasonAsync());
        }
    }

    [Theory, Models]
    public async Task The_byte_limit_ends_a_handler_that_awaits_something_else(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Task other = Task.Delay(Timeout.Infinite, connection.Aborted);
            try
            {
                await Handlers.DiscardAsync(connection);
            }
            catch (ProtocolException)
            {
                await Record.ExceptionAsync(() => other);
                throw;
            }
        }, options => options with { Limits = TestServer.Limits with { BytesPerConnection = 1_000 } });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(new byte[1_001]);
        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(CloseReason.ByteLimit, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_aborted_token_does_not_fire_on_an_orderly_end(string model)
    {
        int fired = 0;
        var tokens = new List<CancellationToken>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            tokens.Add(connection.Aborted);
            connection.Aborted.Register(() => Interlocked.Increment(ref fired));
            if (connection.Id == 1)
                await Handlers.EchoLinesAsync(connection);
        }, options => options with { Limits = TestServer.Limits with { DrainTimeout = Patience.Limit } });

        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("line\n");
            Assert.Equal("line", await client.ReceiveLineAsync());
            client.FinishSending();
            Assert.Empty(await client.ReceiveToEndAsync());
            Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        }
        using (RawClient leftByHandler = await server.ConnectAsync())
            Assert.Empty(await leftByHandler.ReceiveToEndAsync());
        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());
        // What could still fire it is over when the server is. The stop may find the last connection at its very end.
        DrainReport report = await server.Server.StopAsync().Bounded();
        Assert.Equal((0, 0), (report.Aborted, report.Stuck));
        await server.Server.Completion.Bounded();

        Assert.Equal(0, fired);
        Assert.Equal(2, tokens.Count);
        Assert.DoesNotContain(tokens, token => token.IsCancellationRequested);
    }

    [Theory, Models]
    public async Task The_aborted_token_does_not_fire_when_a_stop_ends_an_idle_connection(string model)
    {
        CancellationToken aborted = default;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            aborted = connection.Aborted;
            await Handlers.EchoLinesAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));

        Task<DrainReport> stop = server.Server.StopAsync();
        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        Assert.Equal(CloseReason.ServerStopping, await server.Observer.NextReasonAsync());
        Assert.True(aborted.CanBeCanceled);
        Assert.False(aborted.IsCancellationRequested);
    }

    [Theory, Models]
    public async Task The_aborted_token_fires_even_if_requested_after_the_end(string model)
    {
        bool fired = false;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            connection.Abort();
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, connection.Aborted));
            fired = connection.Aborted.IsCancellationRequested;
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");

        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
        Assert.True(fired);
    }

    private static async Task AwaitSomethingElseAsync(Connection connection)
    {
        await connection.ReadAsync();
        await connection.WriteAsync(Mark);
        await Task.Delay(Timeout.Infinite, connection.Aborted);
    }
}
