using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Faults of ours, in a handler: they end one connection, with a reset, and nothing else.</summary>
public sealed class FaultTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_handler_that_throws_resets_its_peer_and_the_server_lives(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            ReadOnlyMemory<byte> said = await connection.ReadAsync();
            if (said.Span[0] == 'x')
                throw new InvalidOperationException("a fault of ours");
            await connection.WriteAsync(said);
        });
        using RawClient victim = await server.ConnectAsync();
        await victim.SendAsync("x");
        Assert.True(await victim.EndsByResetAsync());
        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());

        using RawClient next = await server.ConnectAsync();
        await next.SendAsync("y");
        Assert.Equal("y"u8.ToArray(), await next.ReceiveExactlyAsync(1));
        Assert.Equal("a fault of ours", Assert.Single(server.Observer.Faults).Message);
    }

    [Theory, Models]
    public async Task A_handler_that_throws_before_its_first_await_resets_its_peer(string model)
    {
        await using TestServer server = TestServer.Start(model,
            (Func<Connection, Task>)(_ => throw new InvalidOperationException("at once")));

        for (int i = 0; i < 3; i++)
        {
            using RawClient? client = await TryConnectAsync(server);
            Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        }

        Assert.Equal(3, server.Observer.Faults.Count);
    }

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task A_handler_that_throws_ends_its_pending_receive(string model)
    {
        var pending = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            if (connection.Id > 1)
            {
                await Handlers.EchoAsync(connection);
                return;
            }
            await connection.ReadAsync();
            pending.SetResult(connection.ReadAsync().AsTask());
            await connection.WriteAsync(Mark);
            throw new InvalidOperationException("while another waits");
        });
        using RawClient other = await EchoingSecondAsync(server, out Task<RawClient> first);
        using RawClient victim = await first;

        Assert.True(await victim.EndsByResetAsync());
        var ended = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await (await pending.Task.Bounded()).Bounded());
        Assert.Equal(CloseReason.HandlerFault, ended.Reason);
        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        await other.SendAsync("still here");
        Assert.Equal("still here"u8.ToArray(), await other.ReceiveExactlyAsync(10));
    }

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task A_handler_that_throws_ends_its_pending_send(string model)
    {
        Task? send = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            send = connection.WriteAsync(new byte[64_000_000]).AsTask();
            await connection.ReadAsync();
            throw new InvalidOperationException("while another waits");
        });
        using RawClient victim = await server.ConnectAsync();
        await victim.SendAsync("x");

        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        await Assert.ThrowsAsync<ConnectionClosedException>(() => send!.Bounded());
        Assert.True(await victim.EndsByResetAsync());
    }

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task A_handler_that_returns_during_a_pending_receive_closes_in_order(string model)
    {
        Task? pending = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            pending = connection.ReadAsync().AsTask();
            await connection.WriteAsync(Mark);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");

        Assert.Equal(Mark, await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());
        Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(() => pending!.Bounded()));
        Assert.Empty(server.Observer.Faults);
        await Patience.UntilAsync(() => server.Server.Connections == 0);
    }

    [Theory, Models]
    public async Task A_handler_that_aborts_resets_its_peer(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            connection.Abort();
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");

        Assert.True(await client.EndsByResetAsync());
        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task After_an_abort_every_call_throws_connection_closed(string model)
    {
        var reasons = new List<CloseReason>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            connection.Abort();
            await NoteAsync(async () => await connection.ReadAsync());
            await NoteAsync(async () => await connection.ReadAsync(new byte[1]));
            await NoteAsync(async () => await connection.WriteAsync(Mark));
            await NoteAsync(async () => await connection.WaitForInputAsync());
            await NoteAsync(async () => await connection.FinishWritingAsync());
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");

        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
        Assert.Equal(Enumerable.Repeat(CloseReason.Aborted, 5), reasons);

        async Task NoteAsync(Func<Task> call) =>
            reasons.Add((await Assert.ThrowsAsync<ConnectionClosedException>(call)).Reason);
    }

    [Theory, Models]
    public async Task An_abort_from_another_thread_ends_a_wait(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        Connection connection = server.Observer.AcceptedOnes.Single();
        await Patience.UntilAsync(() => connection.IsReceiving);

        connection.Abort();

        Assert.True(await client.EndsByResetAsync());
        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
    }

    private static Task<RawClient> EchoingSecondAsync(TestServer server, out Task<RawClient> first)
    {
        Task<RawClient> victim = server.ConnectAsync();
        first = victim;
        return SecondAsync();

        async Task<RawClient> SecondAsync()
        {
            RawClient one = await victim;
            RawClient other = await server.ConnectAsync();
            await other.SendAsync("e");
            await other.ReceiveExactlyAsync(1);
            await one.SendAsync("x");
            return other;
        }
    }

    /// <summary>The reset may come before the client knows that it is connected.</summary>
    private static async Task<RawClient?> TryConnectAsync(TestServer server)
    {
        try
        {
            return await server.ConnectAsync();
        }
        catch (System.Net.Sockets.SocketException)
        {
            return null;
        }
    }
}
