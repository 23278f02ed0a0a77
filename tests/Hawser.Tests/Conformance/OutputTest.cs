using System.Buffers;
using Hawser.Models;
using Hawser.Services.Ping;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Writing that is collected.</summary>
public sealed class OutputTest
{
    [Theory, Models]
    public async Task Output_is_sent_at_the_flush_and_not_before(string model)
    {
        long before = -1;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            for (int i = 0; i < 1_000; i++)
                connection.Output.Write("0123456789"u8);
            before = connection.BytesSent;
            await connection.Output.FlushAsync();
            Assert.Equal(10_000, connection.BytesSent);
            Assert.Equal(0, connection.Output.UnflushedBytes);
            await connection.ReadAsync();
        });
        using RawClient client = await server.ConnectAsync();

        byte[] received = await client.ReceiveExactlyAsync(10_000);
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Equal(0, before);
        Assert.All(received.Chunk(10), chunk => Assert.Equal("0123456789"u8.ToArray(), chunk));
        Assert.Empty(server.Observer.Faults);
    }

    /// <summary>Sixteen pipelined requests: one receive, one send.</summary>
    [Theory, Models]
    public async Task Answers_flushed_together_are_one_send(string model)
    {
        int sends = 0;
        await using TestServer server = TestServer.Start(
            ConcurrencyModels.Get(model), new PingHandler(new PingHandlerOptions(), TextWriter.Null),
            options => options with
            {
                Layers =
                [
                    .. options.Layers,
                    (inner, _) => new(new CountingTransport(inner, () => Interlocked.Increment(ref sends))),
                ],
            });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(string.Concat(Enumerable.Range(0, 16).Select(n => $"ping 1 {n}\n")));

        for (int n = 0; n < 16; n++)
            Assert.Equal($"pong 1 {n}", await client.ReceiveLineAsync());
        Assert.Equal(1, sends);
    }

    [Theory, Models]
    public async Task Completing_the_output_sends_all_of_it(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            connection.Output.Write("the last answer"u8);
            await connection.Output.CompleteAsync();
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("the last answer"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task A_cancelled_flush_does_not_affect_other_calls(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            connection.Output.CancelPendingFlush();
            connection.AsDuplexPipe().Input.CancelPendingRead();
            await connection.WriteAsync(new byte[32 * 1024 * 1024]);
            Assert.Equal("x"u8.ToArray(), (await connection.ReadAsync()).ToArray());
            connection.Output.Write("kept"u8);
            Assert.True((await connection.Output.FlushAsync()).IsCanceled);
            Assert.True((await connection.AsDuplexPipe().Input.ReadAsync()).IsCanceled);
        });
        using RawClient client = await server.ConnectAsync();
        await client.ReceiveExactlyAsync(32 * 1024 * 1024);
        await client.SendAsync("x");

        Assert.Equal("kept"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task Direct_writes_are_sent_after_buffered_output(string model)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("file", "file."u8.ToArray());
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            connection.Output.Write("one."u8);
            await connection.WriteAsync("two."u8.ToArray());
            connection.Output.Write("three."u8);
            using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path))
                await connection.SendFileAsync(file, 0, 5);
            connection.Output.Write("four."u8);
            await connection.AsStream().WriteAsync("five."u8.ToArray());
            connection.Output.Write("six."u8);
            await connection.FinishWritingAsync();
            await connection.ReadAsync();
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("one.two.three.file.four.five.six."u8.ToArray(), await client.ReceiveToEndAsync());
        client.Dispose();
        await server.Observer.NextReasonAsync();
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task Unflushed_output_is_sent_when_the_handler_returns(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            connection.Output.Write("goodbye"u8);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        client.FinishSending();

        Assert.Equal("goodbye"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task Unflushed_output_is_sent_to_a_half_closed_peer(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Handlers.DiscardAsync(connection);
            connection.Output.Write("goodbye"u8);
        });
        using RawClient client = await server.ConnectAsync();
        client.FinishSending();

        Assert.Equal("goodbye"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_cancelled_flush_keeps_the_rest_for_the_next_one(string model)
    {
        const int Bytes = 32 * 1024 * 1024;
        long sentBefore = -1;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] content = new byte[Bytes];
            for (int i = 0; i < Bytes; i++)
                content[i] = (byte)(i * 31 >> 8);
            connection.Output.Write(content);
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await connection.Output.FlushAsync(soon.Token));
            sentBefore = connection.BytesSent;
            Assert.Equal(Bytes - sentBefore, connection.Output.UnflushedBytes);
            await connection.WriteAsync("go"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => Volatile.Read(ref sentBefore) >= 0);

        byte[] received = await client.ReceiveToEndAsync();

        // Over TLS, the first record of the process may take longer.
        Assert.InRange(sentBefore, TestVariant.IsTls ? 0 : 1, Bytes - 1);
        Assert.Equal(Bytes + 2, received.Length);
        for (int i = 0; i < Bytes; i++)
        {
            if (received[i] != (byte)(i * 31 >> 8))
                Assert.Fail($"byte {i} is wrong");
        }
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_flush_ends_with_the_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (true)
            {
                connection.Output.GetSpan(64 * 1024).Clear();
                connection.Output.Advance(64 * 1024);
                await connection.Output.FlushAsync();
            }
        });
        using RawClient client = await server.ConnectAsync();
        await client.ReceiveExactlyAsync(100_000);
        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    private sealed class CountingTransport(Transport inner, Action sends) : LayeredTransport(inner)
    {
        public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
        {
            sends();
            return base.SendAsync(data);
        }
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task Writing_during_a_flush_is_rejected(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            connection.Output.GetSpan(32 * 1024 * 1024);
            connection.Output.Advance(32 * 1024 * 1024);
            ValueTask<System.IO.Pipelines.FlushResult> flush = connection.Output.FlushAsync();
            Assert.False(flush.IsCompleted);
            Assert.Throws<InvalidOperationException>(() => connection.Output.Write("x"u8));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await connection.Output.FlushAsync());
            connection.Output.CancelPendingFlush();
            Assert.True((await flush).IsCanceled);
            connection.Abort();
        });

        // The reset may come before the client knows that it is connected.
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () =>
        {
            using RawClient client = await server.ConnectAsync();
            await client.ReceiveToEndAsync();
        });
        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }
}
