using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Synchronous calls of a connection's stream where they would block a loop: refused before they touch the
/// socket.</summary>
public sealed class StreamSyncTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    private static readonly Action<Stream>[] Reads =
    [
        stream => _ = stream.Read(new byte[10], 0, 10),
        stream => _ = stream.Read(new byte[10].AsSpan()),
        stream => stream.ReadByte(),
        stream => stream.ReadExactly(new byte[10]),
        stream => stream.CopyTo(Stream.Null),
    ];

    private static readonly Action<Stream>[] Writes =
    [
        stream => stream.Write(new byte[10], 0, 10),
        stream => stream.Write(new byte[10].AsSpan()),
        stream => stream.WriteByte(0),
        stream => stream.Write(new byte[64_000_000]),
    ];

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task A_refused_read_consumes_no_later_input(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            foreach (Action<Stream> read in Reads)
                Assert.Throws<NotSupportedException>(() => read(connection.AsStream()));
            await connection.WriteAsync(Mark);
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.ReceiveExactlyAsync(1);
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("abcdef");
            Assert.Equal("abcdef"u8.ToArray(), await client.ReceiveExactlyAsync(6));
        }
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.Empty(server.Observer.Faults);
    }

    /// <summary>It could be had without waiting; but whether it can is not left to chance.</summary>
    [Theory, Models(ModelKind.NotBlocking)]
    public async Task A_refused_read_consumes_nothing_from_the_kernel(string model)
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await sent.Task;
            foreach (Action<Stream> read in Reads)
                Assert.Throws<NotSupportedException>(() => read(connection.AsStream()));
            Assert.Equal(0, connection.BytesReceived);
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("abcdef");
        sent.SetResult();

        Assert.Equal("abcdef"u8.ToArray(), await client.ReceiveExactlyAsync(6));
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models(ModelKind.NotBlocking)]
    public async Task A_refused_write_sends_nothing(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            foreach (Action<Stream> write in Writes)
                Assert.Throws<NotSupportedException>(() => write(connection.AsStream()));
            Assert.Equal(0, connection.BytesSent);
            await connection.WriteAsync("all"u8.ToArray());
            await connection.AsStream().WriteAsync(" of it"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("all of it"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_synchronous_read_of_buffered_bytes_works_in_every_model(string model)
    {
        var read = new List<byte>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WaitForInputAsync(6);
            Stream stream = connection.AsStream();
            read.Add((byte)stream.ReadByte());
            byte[] rest = new byte[10];
            read.AddRange(rest.AsSpan(0, stream.Read(rest, 0, 2)));
            read.AddRange(rest.AsSpan(0, stream.Read(rest)));
            await connection.WriteAsync(Mark);
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("abcdef");
        await client.ReceiveExactlyAsync(1);
        Assert.Equal("abcdef"u8.ToArray(), read);
        await client.SendAsync("more");

        Assert.Equal("more"u8.ToArray(), await client.ReceiveExactlyAsync(4));
    }

    [Theory, Models(ModelKind.Blocking)]
    public async Task Blocking_models_transfer_bulk_data_synchronously(string model)
    {
        await using TestServer server = TestServer.Start(model, connection =>
        {
            byte[] block = new byte[2_000_000];
            connection.AsStream().ReadExactly(block);
            connection.AsStream().Write(block);
            return Task.CompletedTask;
        });
        using RawClient client = await server.ConnectAsync();
        byte[] sent = System.Security.Cryptography.RandomNumberGenerator.GetBytes(2_000_000);

        await client.SendAsync(sent);

        byte[] echoed = await client.ReceiveToEndAsync();
        Assert.True(sent.AsSpan().SequenceEqual(echoed));
    }
}
