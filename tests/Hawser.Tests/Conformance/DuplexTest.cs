using System.Security.Cryptography;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Reading and writing at once, under every model.</summary>
public sealed class DuplexTest
{
    private const int Bulk = 5_000_000;

    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_push_reaches_a_silent_peer(string model)
    {
        using var news = new SemaphoreSlim(0);
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            async cancel =>
            {
                while (!(await connection.ReadAsync(cancel)).IsEmpty)
                {
                }
            },
            async cancel =>
            {
                while (true)
                {
                    await news.WaitAsync(cancel);
                    await connection.WriteAsync(Mark, cancel);
                }
            }));
        using RawClient client = await server.ConnectAsync();

        for (int i = 0; i < 20; i++)
        {
            news.Release();
            Assert.Equal(Mark, await client.ReceiveExactlyAsync(1));
        }
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task Five_megabytes_go_each_way_at_once(string model)
    {
        byte[] up = RandomNumberGenerator.GetBytes(Bulk);
        byte[] down = RandomNumberGenerator.GetBytes(Bulk);
        var received = new MemoryStream();
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            async _ =>
            {
                while (await connection.ReadAsync() is { IsEmpty: false } bytes)
                    received.Write(bytes.Span);
            },
            async _ =>
            {
                for (int sent = 0; sent < Bulk; sent += 50_000)
                    await connection.WriteAsync(down.AsMemory(sent, 50_000));
            }));
        using RawClient client = await server.ConnectAsync();

        Task<byte[]> receiving = client.ReceiveToEndAsync();
        await client.SendAsync(up);
        client.FinishSending();

        byte[] arrived = await receiving;
        Assert.True(down.AsSpan().SequenceEqual(arrived));
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.True(up.AsSpan().SequenceEqual(received.ToArray()));
    }

    /// <summary>Neither side reads before it has sent all: only a server that reads while its own write waits gets past
    /// that.</summary>
    [Theory, Models]
    public async Task Input_is_read_while_a_write_waits_for_a_peer_that_sends_before_reading(string model)
    {
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            _ => Handlers.DiscardAsync(connection),
            async _ => await connection.WriteAsync(new byte[20_000_000])));
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);

        await client.SendAsync(new byte[20_000_000]);
        client.FinishSending();

        Assert.Equal(20_000_000, (await client.ReceiveToEndAsync()).Length);
    }

    [Theory, Models]
    public async Task When_the_writer_ends_the_reader_is_cancelled_and_loses_no_byte(string model)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? readersEnd = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.DuplexAsync(
                async cancel =>
                {
                    readersEnd = await Record.ExceptionAsync(
                        async () => await connection.TryReadExactlyAsync(new byte[8], cancel));
                    cancel.ThrowIfCancellationRequested();
                },
                _ => release.Task);
            await connection.WriteAsync(Mark);
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("half");
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsReceiving && c.BytesReceived == 4));

        release.SetResult();

        Assert.Equal(Mark, await client.ReceiveExactlyAsync(1));
        Assert.IsAssignableFrom<OperationCanceledException>(readersEnd);
        await client.SendAsync("rest");
        Assert.Equal("halfrest"u8.ToArray(), await client.ReceiveExactlyAsync(8));
        client.FinishSending();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task When_the_reader_ends_a_blocked_writer_is_cancelled(string model)
    {
        var writersEnd = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.DuplexAsync(
                async cancel => await connection.TryReadLineAsync(100, cancel),
                async cancel => writersEnd.SetResult(await Record.ExceptionAsync(
                    async () => await connection.WriteAsync(new byte[64_000_000], cancel))));
            await connection.WriteAsync("end"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsSending && c.BytesSent > 0));

        await client.SendAsync("stop it\n");
        Assert.IsAssignableFrom<OperationCanceledException>(await writersEnd.Task.Bounded());
        byte[] received = await client.ReceiveToEndAsync();

        Assert.InRange(received.Length, 4, 64_000_000);
        Assert.Equal("end"u8.ToArray(), received[^3..]);
    }
}
