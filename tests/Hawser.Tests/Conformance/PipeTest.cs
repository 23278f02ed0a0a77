using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A connection as a duplex pipe.</summary>
public sealed class PipeTest
{
    [Theory, Models]
    public async Task A_pipe_delivers_every_byte_whatever_the_segments(string model)
    {
        await using TestServer server = TestServer.Start(model, EchoLinesAsync);
        using RawClient client = await server.ConnectAsync();
        string line = new('x', 20_000);

        await client.SendAsync("a");
        await client.SendAsync("b\nsecond\nthi");
        Assert.Equal("ab", await client.ReceiveLineAsync());
        Assert.Equal("second", await client.ReceiveLineAsync());
        await client.SendAsync("rd\n" + line + "\n");
        Assert.Equal("third", await client.ReceiveLineAsync());
        Assert.Equal(line, Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(20_000)));
        client.FinishSending();

        Assert.Equal("\n"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_stop_between_two_messages_cancels_the_read(string model)
    {
        await using TestServer server = TestServer.Start(model, EchoLinesAsync);
        using RawClient atRest = await server.ConnectAsync();
        await atRest.SendAsync("x\n");
        Assert.Equal("x", await atRest.ReceiveLineAsync());

        Task<DrainReport> stop = server.Server.StopAsync();

        Assert.Empty(await atRest.ReceiveToEndAsync());
        atRest.Dispose();
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
    }

    [Theory, Models]
    public async Task A_stop_lets_a_started_message_be_answered(string model)
    {
        var begun = new TaskCompletionSource();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            PipeReader input = connection.AsDuplexPipe().Input;
            ReadResult first = await input.ReadAsync();
            input.AdvanceTo(first.Buffer.Start, first.Buffer.End);
            begun.SetResult();
            await EchoLinesAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("hal");
        await begun.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        await client.SendAsync("f\n");

        Assert.Equal("half", await client.ReceiveLineAsync());
        Assert.Empty(await client.ReceiveToEndAsync());
        client.Dispose();
        await stop.Bounded();
    }

    /// <summary>The handler has consumed the header, so nothing is buffered, but the message is not over.</summary>
    [Theory, Models]
    public async Task A_stop_within_a_message_is_never_its_end(string model)
    {
        var body = new MemoryStream();
        var headerTaken = new TaskCompletionSource();
        var copied = new TaskCompletionSource<bool>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            PipeReader input = connection.AsDuplexPipe().Input;
            ReadResult header = await input.ReadAsync();
            input.AdvanceTo(header.Buffer.End);
            headerTaken.SetResult();
            try
            {
                await input.CopyToAsync(body);
                copied.SetResult(true);
            }
            catch (OperationCanceledException)
            {
                copied.SetResult(false);
            }
            // The stop cancels one read only: within a message, the handler reads on.
            await input.CopyToAsync(body);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("header");
        await headerTaken.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        Assert.False(await copied.Task.Bounded());
        await client.SendAsync("the whole body");
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        await stop.Bounded();
        Assert.Equal("the whole body", Encoding.ASCII.GetString(body.ToArray()));
    }

    [Theory, Models]
    public async Task A_cancelled_pipe_read_loses_nothing(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            PipeReader input = connection.AsDuplexPipe().Input;
            using (var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(5)))
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await input.ReadAsync(soon.Token));
            input.CancelPendingRead();
            ReadResult cancelled = await input.ReadAsync();
            Assert.True(cancelled.IsCanceled);
            input.AdvanceTo(cancelled.Buffer.Start);
            Assert.False(input.TryRead(out _));
            await connection.WriteAsync("ready\n"u8.ToArray());
            await EchoLinesAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("ready", await client.ReceiveLineAsync());
        await client.SendAsync("all\n");
        Assert.Equal("all", await client.ReceiveLineAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task Pipe_and_connection_share_the_unread_input(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            ReadOnlyMemory<byte> word = (await connection.TryReadLineAsync(100))!.Value;
            Assert.Equal("first"u8.ToArray(), word.ToArray());
            PipeReader input = connection.AsDuplexPipe().Input;
            ReadResult result = await input.ReadAtLeastAsync(7);
            Assert.Equal("second\n"u8.ToArray(), result.Buffer.Slice(0, 7).ToArray());
            input.AdvanceTo(result.Buffer.GetPosition(7));
            word = (await connection.TryReadLineAsync(100))!.Value;
            await connection.WriteAsync(word.ToArray());
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("first\nsecond\nthird\n");
        client.FinishSending();

        Assert.Equal("third"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Empty(server.Observer.Faults);
    }

    private static async Task EchoLinesAsync(Connection connection)
    {
        IDuplexPipe pipe = connection.AsDuplexPipe();
        while (true)
        {
            ReadResult result = await pipe.Input.ReadAsync();
            ReadOnlySequence<byte> rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } feed)
            {
                SequencePosition next = rest.GetPosition(1, feed);
                foreach (ReadOnlyMemory<byte> piece in rest.Slice(0, next))
                    pipe.Output.Write(piece.Span);
                rest = rest.Slice(next);
            }
            pipe.Input.AdvanceTo(rest.Start, rest.End);
            await pipe.Output.FlushAsync();
            if (result.IsCompleted || result.IsCanceled)
                return;
        }
    }
}
