using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A peer that leaves, politely or not, at every point of a conversation: it ends its own connection
/// only.</summary>
public sealed class PeerLeavesTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_peer_that_resets_before_its_first_byte_ends_only_its_own_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        await AssertServesAsync(server);
    }

    [Theory, Models]
    public async Task A_peer_that_resets_mid_message_ends_only_its_own_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        RawClient client = await server.ConnectAsync();
        await client.SendAsync("whole\nha");
        await client.ReceiveLineAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single() is { BytesReceived: 8, IsReceiving: true });

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        await AssertServesAsync(server);
    }

    [Theory, Models]
    public async Task A_peer_that_resets_while_it_is_written_to_ends_only_its_own_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            if (connection.Id == 1)
                await connection.WriteAsync(new byte[64_000_000]);
            else
                await Handlers.EchoLinesAsync(connection);
        });
        RawClient client = await server.ConnectAsync();
        await client.ReceiveExactlyAsync(100_000);

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        await AssertServesAsync(server);
    }

    [Theory, Models]
    public async Task A_reset_during_the_drain_is_reported_as_a_reset(string model)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async (connection, token) =>
        {
            token.Register(stopping.SetResult);
            await Handlers.EchoLinesAsync(connection, begun.SetResult);
        }, options => options with { Limits = TestServer.Limits with { DrainTimeout = Patience.Limit } });
        RawClient client = await server.ConnectAsync();
        await client.SendAsync("ha");
        await begun.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        await stopping.Task.Bounded();
        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
    }

    [Theory, Models]
    public async Task Resets_before_the_accept_are_harmless(string model)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            if (connection.Id == 1)
                await release.Task;
            await Handlers.EchoLinesAsync(connection);
        }, options => options with { Limits = TestServer.Limits with { Connections = 1 } });
        using RawClient holder = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == 1);
        for (int i = 0; i < 20; i++)
        {
            RawClient client = await server.ConnectAsync();
            if (i % 2 == 0)
                await client.SendAsync("half");
            client.Reset();
        }
        release.SetResult();
        holder.Dispose();

        await AssertServesAsync(server);
        await Patience.UntilAsync(() => server.Server.Connections == 0);
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_reset_is_the_close_reason_even_if_the_handler_swallows_it(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WriteAsync(Mark);
            await Record.ExceptionAsync(() => Handlers.DiscardAsync(connection));
        });
        RawClient client = await server.ConnectAsync();
        await client.ReceiveExactlyAsync(1);

        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task Every_accepted_connection_is_closed_exactly_once(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync(i % 3 == 0 ? "half" : "line\n");
            if (i % 3 != 0)
                await client.ReceiveLineAsync();
            if (i % 2 == 0)
                client.Reset();
            else
                client.FinishSending();
        }));
        await Patience.UntilAsync(() => server.Server.Connections == 0);
        await server.DisposeAsync();

        Assert.Equal(
            server.Observer.AcceptedOnes.Select(connection => connection.Id).Order(),
            server.Observer.ClosedOnes.Select(end => end.Connection.Id).Order());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task The_last_answer_arrives_despite_unread_input(string model)
    {
        byte[] answer = "ERROR: too long\n"u8.ToArray();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync(new byte[1]);
            await connection.WriteAsync(answer);
            throw new ProtocolException("too long");
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[300_000]);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesSent == answer.Length));
        await client.SendAsync(new byte[300_000]);

        Assert.Equal(answer, await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_peer_that_never_finishes_holds_a_closing_connection_no_longer_than_the_linger_time(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            // Exactly one buffer: a read that fills it does not reveal what follows.
            await connection.ReadAsync(new byte[1]);
        }, options => options with
        {
            Limits = TestServer.Limits with { LingerTimeout = TimeSpan.FromMilliseconds(50) },
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[1 + 4096]);

        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());
    }

    private static async Task AssertServesAsync(TestServer server)
    {
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("hello\n");
        Assert.Equal("hello", await client.ReceiveLineAsync());
    }
}
