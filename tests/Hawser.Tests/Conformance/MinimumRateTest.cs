using System.Text;
using Hawser.Limits;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>The minimum rate and the total time, by a clock that the test moves.</summary>
public sealed class MinimumRateTest
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private static readonly ServerLimits Limits = TestServer.Limits with
    {
        FirstByteTimeout = Timeout.InfiniteTimeSpan,
        IdleTimeout = Timeout.InfiniteTimeSpan,
        LingerTimeout = TimeSpan.FromSeconds(1),
        MinimumRate = new MinimumRate(240, TimeSpan.FromSeconds(5)),
    };

    private readonly FakeTime _time = new();

    [Theory, Models]
    public async Task A_peer_that_trickles_a_message_is_cut_off(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoLinesAsync);
        using RawClient client = await server.ConnectAsync();
        Connection? connection = null;
        int sent = 0;
        do
        {
            await client.SendAsync("x");
            sent++;
            connection ??= await FirstAsync(server);
            await Patience.UntilAsync(() => connection.BytesReceived == sent && connection.AwaitsProgress);
            _time.Advance(Look);
        }
        while (connection.EndedBy == CloseReason.None && sent < 100);

        Assert.InRange(sent, 10, 13);
        client.FinishSending();
        Assert.Equal(CloseReason.TooSlow, await server.Observer.NextReasonAsync());
        LimitUse use = server.Server.ReadLimits().Single(use => use.Name == nameof(ServerLimits.MinimumRate));
        Assert.Equal(new LimitUse(nameof(ServerLimits.MinimumRate), 240, null, null, 1), use);
    }

    [Theory, Models]
    public async Task A_peer_that_does_not_read_is_reset(string model)
    {
        await using TestServer server = Start(
            model, async connection => await connection.WriteAsync(new byte[64_000_000]));
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection is { IsSending: true, BytesSent: > 0 });

        // The kernel's buffers may still be filling while the clock is moved.
        await AdvanceUntilAsync(() => connection.EndedBy != CloseReason.None);

        Assert.Equal(CloseReason.TooSlow, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
    }

    [Theory, Models]
    public async Task A_peer_that_keeps_the_rate_is_served(string model)
    {
        await using TestServer server = Start(model, Handlers.DiscardAsync);
        using RawClient client = await server.ConnectAsync();
        for (int sent = 125; sent <= 60 * 125; sent += 125)
        {
            await client.SendAsync(new byte[125]);
            Connection connection = await FirstAsync(server);
            await Patience.UntilAsync(() => connection.BytesReceived == sent && connection.IsReceiving);
            _time.Advance(Look);
        }

        client.FinishSending();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_bytes_of_a_slow_layer_are_not_demanded_again(string model)
    {
        const int Handshake = 5_000;
        await using TestServer server = TestServer.Start(model, Handlers.DiscardAsync, options => options with
        {
            Limits = Limits,
            TimeProvider = _time,
            Layers = [(inner, _) => ReadHandshakeAsync(inner, Handshake)],
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[Handshake - 1]);
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.BytesReceived == Handshake - 1);
        _time.Advance(Look);

        // No look finds the layer finished and nothing received after it.
        await client.SendAsync(new byte[1 + 125]);
        for (int sent = 125; sent <= 30 * 125; sent += 125)
        {
            await Patience.UntilAsync(() => connection.BytesReceived == sent && connection.IsReceiving);
            _time.Advance(Look);
            await client.SendAsync(new byte[125]);
        }

        client.FinishSending();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_time_between_two_messages_does_not_count(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoLinesAsync);
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);
        for (int i = 1; i <= 3; i++)
        {
            await Patience.UntilAsync(() => connection is { IsReceiving: true, AwaitsProgress: false });
            _time.Advance(TimeSpan.FromMinutes(10));
            await client.SendAsync("x\n");
            Assert.Equal("x", await client.ReceiveLineAsync());
        }

        Assert.Equal(CloseReason.None, connection.EndedBy);
    }

    [Theory, Models]
    public async Task The_time_before_the_first_byte_does_not_count(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.IsReceiving);

        _time.Advance(TimeSpan.FromMinutes(10));
        await client.SendAsync("x");

        await client.ReceiveExactlyAsync(1);
    }

    [Theory, Models]
    public async Task The_handlers_own_time_does_not_count(string model)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = Start(model, async connection =>
        {
            await connection.ReadAsync();
            await release.Task;
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection is { BytesReceived: 1, IsReceiving: false });

        _time.Advance(TimeSpan.FromMinutes(10));
        release.SetResult();
        await client.SendAsync("y");

        Assert.Equal("y"u8.ToArray(), await client.ReceiveExactlyAsync(1));
    }

    [Theory, Models]
    public async Task A_handler_can_still_answer(string model)
    {
        await using TestServer server = Start(model, async connection =>
        {
            try
            {
                await Handlers.DiscardAsync(connection);
            }
            catch (ConnectionClosedException e)
            {
                await connection.WriteAsync(Encoding.ASCII.GetBytes($"{e.Reason}: {e.Message}"));
            }
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection is { BytesReceived: 1, IsReceiving: true });

        await AdvanceUntilAsync(() => connection.EndedBy != CloseReason.None);

        Assert.Equal("TooSlow: below the minimum rate", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
    }

    [Theory, Models]
    public async Task A_connection_ends_after_its_total_time_however_busy_it_is(string model)
    {
        await using TestServer server = Start(
            model, Handlers.EchoLinesAsync, Limits with { TotalTimeout = TimeSpan.FromSeconds(60) });
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);
        int answered = 0;
        for (; connection.EndedBy == CloseReason.None && answered < 1_000; answered++)
        {
            await client.SendAsync("x\n");
            Assert.Equal("x", await client.ReceiveLineAsync());
            await Patience.UntilAsync(() => connection.IsReceiving);
            _time.Advance(Look);
        }

        Assert.InRange(answered, 120, 122);
        Assert.Empty(await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.TotalTimeout, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_total_time_resets_a_connection_that_is_sending(string model)
    {
        await using TestServer server = Start(
            model, async connection => await connection.WriteAsync(new byte[64_000_000]),
            Limits with { MinimumRate = null, TotalTimeout = TimeSpan.FromSeconds(60) });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection is { IsSending: true, BytesSent: > 0 });

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(CloseReason.None, connection.EndedBy);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(CloseReason.TotalTimeout, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
    }

    private TestServer Start(string model, Func<Connection, Task> handle, ServerLimits? limits = null) =>
        TestServer.Start(model, handle, options => options with { Limits = limits ?? Limits, TimeProvider = _time });

    private static async ValueTask<Transport> ReadHandshakeAsync(Transport inner, int bytes)
    {
        byte[] handshake = new byte[bytes];
        while (bytes > 0)
        {
            await inner.WaitToReceiveAsync(Deadline.None);
            bytes -= Math.Max(0, await inner.ReceiveAsync(handshake.AsMemory(0, bytes)));
        }
        return new PassingTransport(inner);
    }

    private static async Task<Connection> FirstAsync(TestServer server)
    {
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count > 0);
        return server.Observer.AcceptedOnes.Single();
    }

    private Task AdvanceUntilAsync(Func<bool> reached) => Patience.UntilAsync(() =>
    {
        if (!reached())
            _time.Advance(Look);
        return reached();
    });
}
