using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>The timeouts and the byte limit of a server, by a clock that the test moves.</summary>
public sealed class TimeoutTest
{
    private static readonly byte[] Mark = "."u8.ToArray();
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private static readonly ServerLimits Limits = TestServer.Limits with
    {
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        IdleTimeout = TimeSpan.FromSeconds(60),
    };

    private readonly FakeTime _time = new();

    [Theory, Models]
    public async Task The_first_byte_timeout_ends_a_silent_connection(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync();
        Connection connection = await WaitingAsync(server);

        _time.Advance(TimeSpan.FromSeconds(9) - Beat);
        Assert.Equal(CloseReason.None, connection.EndedBy);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_idle_timeout_ends_an_idle_connection_after_a_last_message(string model)
    {
        await using TestServer server = Start(model, async connection =>
        {
            try
            {
                await Handlers.EchoAsync(connection);
            }
            catch (ConnectionClosedException e)
            {
                await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{e.Reason}"));
            }
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        Connection connection = await WaitingAsync(server);

        _time.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal(CloseReason.None, connection.EndedBy);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("IdleTimeout"u8.ToArray(), await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.IdleTimeout, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task Occasional_traffic_keeps_a_connection_from_the_idle_timeout(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
            Connection connection = await WaitingAsync(server);
            _time.Advance(TimeSpan.FromSeconds(40));
            Assert.Equal(CloseReason.None, connection.EndedBy);
        }
    }

    [Theory, Models]
    public async Task The_idle_timeout_aborts_a_peer_that_never_reads(string model)
    {
        await using TestServer server = Start(model, async connection => await connection.WriteAsync(new byte[64_000_000]));
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        Connection connection = await WaitingAsync(server, c => c.IsSending && c.BytesSent > 0);

        // The kernel's buffers may still be filling while the clock is moved.
        await Patience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            return connection.EndedBy != CloseReason.None;
        });

        Assert.Equal(CloseReason.IdleTimeout, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
    }

    [Theory, Models]
    public async Task A_handler_busy_with_other_work_is_not_timed_out(string model)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = Start(model, async connection =>
        {
            await connection.ReadAsync();
            await connection.WriteAsync(Mark);
            await release.Task;
            await connection.WriteAsync(Mark);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        await WaitingAsync(server, c => !c.IsReceiving && !c.IsSending);

        _time.Advance(TimeSpan.FromHours(1));
        release.SetResult();

        Assert.Equal(Mark, await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task A_handler_that_ignores_the_timeout_and_waits_again_is_aborted(string model)
    {
        await using TestServer server = Start(model, async connection =>
        {
            await Record.ExceptionAsync(async () => await connection.ReadAsync());
            await connection.WriteAsync(new byte[64_000_000]);
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        Connection connection = await WaitingAsync(server);
        _time.Advance(TimeSpan.FromSeconds(12));
        await Patience.UntilAsync(() => connection.IsSending && connection.BytesSent > 0);

        bool ended = false;
        await Patience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            ended = server.Observer.ClosedOnes.Count > 0;
            return ended;
        });

        Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_timeout_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoAsync);
        using (RawClient silent = await server.ConnectAsync())
        {
            await WaitingAsync(server);
            _time.Advance(TimeSpan.FromSeconds(12));
            silent.FinishSending();
            Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
        }

        using RawClient next = await server.ConnectAsync();
        await next.SendAsync("x");
        await next.ReceiveExactlyAsync(1);
    }

    [Theory, Models]
    public async Task A_connection_receives_no_more_bytes_than_its_limit(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync,
            options => options with { Limits = Limits with { BytesPerConnection = 1_000 } });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[1_000]);
        await client.ReceiveExactlyAsync(1_000);

        await client.SendAsync("x");

        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.ByteLimit, await server.Observer.NextReasonAsync());
    }

    private TestServer Start(string model, Func<Connection, Task> handle) => TestServer.Start(model, handle,
        options => options with { Limits = Limits, TimeProvider = _time });

    /// <summary>Waits until the newest connection waits for its peer, and lets the heartbeat see it.</summary>
    private async Task<Connection> WaitingAsync(TestServer server, Func<Connection, bool>? state = null)
    {
        state ??= connection => connection.IsReceiving;
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.LastOrDefault() is { } newest && state(newest));
        _time.Advance(Beat);
        return server.Observer.AcceptedOnes.Last();
    }
}
