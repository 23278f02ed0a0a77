using System.Net.Sockets;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A byte that the peer sends out of band (RFC 6093) is no part of the stream, and stops nothing of
/// it.</summary>
public sealed class UrgentDataTest
{
    [Theory, Models]
    public async Task The_line_around_an_urgent_byte_is_read_whole(string model)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await release.Task;
            await Handlers.EchoLinesAsync(connection);
        });
        using Socket client = await ConnectAsync(server);

        // All bytes have arrived before the first receive, which stops at the mark.
        await SendAsync(client, "ab");
        await SendAsync(client, "!", SocketFlags.OutOfBand);
        await SendAsync(client, "cd\n");
        release.SetResult();

        Assert.Equal("abcd\n", await ReceiveAsync(client, 5));
    }

    [Theory, Models]
    public async Task An_urgent_byte_does_not_disturb_a_wait(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        using Socket client = await ConnectAsync(server);

        for (int i = 0; i < 20; i++)
        {
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));
            await SendAsync(client, "ab");
            await SendAsync(client, "!", SocketFlags.OutOfBand);
            await SendAsync(client, "cd\n");
            Assert.Equal("abcd\n", await ReceiveAsync(client, 5));
        }
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task After_an_urgent_byte_an_idle_connection_waits_and_does_not_spin(string model)
    {
        var pending = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.TryReadLineAsync(100);
            ValueTask<bool> wait = default;
            // What was hidden may make one more look worth it, and no second one.
            for (int look = 0; look < 3; look++)
            {
                wait = connection.Transport.WaitToReceiveAsync(Deadline.None);
                if (!wait.IsCompleted)
                    break;
                Assert.True(await wait);
                Assert.Equal(Hawser.Transports.Transport.NotReady, await connection.Transport.ReceiveAsync(new byte[10]));
            }
            pending.SetResult(!wait.IsCompleted);
            connection.Transport.Interrupt();
            Assert.False(await wait);
        });
        using Socket client = await ConnectAsync(server);

        await SendAsync(client, "ab");
        await SendAsync(client, "!", SocketFlags.OutOfBand);
        await SendAsync(client, "cd\n");

        Assert.True(await pending.Task.Bounded());
    }

    [Theory, Models]
    public async Task An_urgent_byte_alone_is_neither_input_nor_an_end(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        using Socket client = await ConnectAsync(server);

        await SendAsync(client, "ab\n");
        Assert.Equal("ab\n", await ReceiveAsync(client, 3));
        await SendAsync(client, "!", SocketFlags.OutOfBand);
        await SendAsync(client, "cd\n");
        Assert.Equal("cd\n", await ReceiveAsync(client, 3));
        await SendAsync(client, "!", SocketFlags.OutOfBand);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(0, await client.ReceiveAsync(new byte[1]).Bounded());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    private static async Task<Socket> ConnectAsync(TestServer server)
    {
        Assert.SkipWhen(TestVariant.IsTls, "a record around an urgent byte is not a record");
        var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint).Bounded();
        return socket;
    }

    private static async Task SendAsync(Socket client, string ascii, SocketFlags flags = SocketFlags.None) =>
        Assert.Equal(ascii.Length, await client.SendAsync(Encoding.ASCII.GetBytes(ascii), flags).Bounded());

    private static async Task<string> ReceiveAsync(Socket client, int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int received = await client.ReceiveAsync(bytes.AsMemory(filled)).AsTask().Bounded();
            Assert.NotEqual(0, received);
            filled += received;
        }
        return Encoding.ASCII.GetString(bytes);
    }
}
