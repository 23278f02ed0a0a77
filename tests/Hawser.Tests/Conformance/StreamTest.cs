using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A connection seen as a <see cref="Stream"/>.</summary>
public sealed class StreamTest
{
    [Theory, Models]
    public async Task StreamReader_and_StreamWriter_work_over_the_stream(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            using var reader = new StreamReader(connection.AsStream());
            await using var writer = new StreamWriter(connection.AsStream()) { AutoFlush = true };
            while (await reader.ReadLineAsync() is { } line)
                await writer.WriteAsync(line.ToUpperInvariant() + "\n");
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("one\ntwo\n");
        client.FinishSending();

        Assert.Equal("ONE\nTWO\n", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models(ModelKind.Blocking)]
    public async Task Synchronous_calls_work_in_blocking_models(string model)
    {
        await using TestServer server = TestServer.Start(model, connection =>
        {
            connection.AsStream().CopyTo(connection.AsStream());
            return Task.CompletedTask;
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("sync");
        Assert.Equal("sync"u8.ToArray(), await client.ReceiveExactlyAsync(4));
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
    }

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task Synchronous_calls_that_would_block_a_loop_are_refused(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Stream stream = connection.AsStream();
            await connection.ReadAsync();
            Assert.Throws<NotSupportedException>(() => stream.Read(new byte[1], 0, 1));
            throw new InvalidOperationException("it was refused");
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("x");

        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        Assert.Equal("it was refused", Assert.Single(server.Observer.Faults).Message);
    }

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task Synchronous_reads_of_buffered_input_work_in_every_model(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WaitForInputAsync();
            byte[] four = new byte[4];
            Assert.Equal(4, connection.AsStream().Read(four, 0, 4));
            await connection.AsStream().WriteAsync(four);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("sync");

        Assert.Equal("sync"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task Disposing_the_stream_leaves_the_connection_open(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.AsStream().DisposeAsync();
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("open");

        Assert.Equal("open"u8.ToArray(), await client.ReceiveExactlyAsync(4));
    }
}
