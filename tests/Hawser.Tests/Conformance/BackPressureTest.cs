using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A peer that does not read makes the writer wait.</summary>
public sealed class BackPressureTest
{
    // More than the send and receive buffers of both ends of a loopback connection.
    private const int KernelBytes = 16_000_000;
    private const int TotalBytes = 64_000_000;

    [Theory, Models]
    public async Task A_writer_gets_no_further_ahead_of_a_slow_reader_than_the_kernel_buffers(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] piece = new byte[100_000];
            for (int sent = 0; sent < TotalBytes; sent += piece.Length)
                await connection.WriteAsync(piece);
        });
        using RawClient slow = await server.ConnectAsync(receiveBufferBytes: 64 * 1024);

        byte[] buffer = new byte[1_000_000];
        for (long read = 0; read < TotalBytes;)
        {
            read += await slow.ReceiveAsync(buffer);
            Assert.InRange(server.Observer.AcceptedOnes.Single().BytesSent, 0, read + KernelBytes);
        }

        Assert.Empty(await slow.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task A_large_write_completes_when_the_kernel_has_all_of_it(string model)
    {
        bool done = false;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WriteAsync(new byte[TotalBytes]);
            Volatile.Write(ref done, true);
        });
        using RawClient slow = await server.ConnectAsync(receiveBufferBytes: 64 * 1024);

        for (int read = 0; read < TotalBytes - KernelBytes; read += 1_000_000)
        {
            Assert.False(Volatile.Read(ref done));
            await slow.ReceiveExactlyAsync(1_000_000);
        }

        Assert.Equal(KernelBytes, (await slow.ReceiveToEndAsync()).Length);
    }

    /// <summary>An echo that cannot send stops receiving: its buffers are bounded, however much a peer writes without
    /// reading.</summary>
    [Theory, Models]
    public async Task An_echo_exerts_back_pressure_on_a_peer_that_only_writes(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 64 * 1024);
        byte[] flood = new byte[1_000_000];
        int sent = 0;
        Task sending = SendAllAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsSending && c.BytesReceived > 100_000));

        long received = 0;
        byte[] buffer = new byte[1_000_000];
        while (received < TotalBytes)
        {
            Connection connection = server.Observer.AcceptedOnes.Single();
            // In this order: what is sent between the two readings makes the difference smaller, never larger.
            long unsent = connection.BytesReceived - connection.BytesSent;
            Assert.InRange(unsent, long.MinValue, 1_000_000);
            received += await client.ReceiveAsync(buffer);
        }
        await sending;

        Assert.Equal(TotalBytes, received);

        async Task SendAllAsync()
        {
            for (; sent < TotalBytes; sent += flood.Length)
                await client.SendAsync(flood);
            client.FinishSending();
        }
    }
}
