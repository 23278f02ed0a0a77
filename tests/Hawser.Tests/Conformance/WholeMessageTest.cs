using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

public sealed class WholeMessageTest
{
    private const int MessageBytes = 10;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    [Theory, Models]
    public async Task A_wait_for_a_message_ends_when_it_is_whole(string model)
    {
        var lengths = new List<int>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.WaitForInputAsync(MessageBytes) == InputState.Ready)
            {
                lengths.Add(connection.Buffered.Length);
                byte[] message = new byte[MessageBytes];
                await connection.TryReadExactlyAsync(message);
                await connection.WriteAsync(message);
            }
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("0123456");
        await client.SendAsync("789abc");
        Assert.Equal("0123456789"u8.ToArray(), await client.ReceiveExactlyAsync(MessageBytes));
        await client.SendAsync("defghij");
        Assert.Equal("abcdefghij"u8.ToArray(), await client.ReceiveExactlyAsync(MessageBytes));
        client.FinishSending();
        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.All(lengths, length => Assert.InRange(length, MessageBytes, 2 * MessageBytes));
    }

    [Theory, Models]
    public async Task A_deadline_holds_in_the_middle_of_a_message_and_the_wait_can_be_repeated(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WaitForInputAsync(1);
            InputState state = await connection.WaitForInputAsync(MessageBytes, Deadline.After(Moment));
            await connection.WriteAsync(new[] { (byte)state, (byte)connection.Buffered.Length });
            state = await connection.WaitForInputAsync(MessageBytes);
            await connection.WriteAsync(new[] { (byte)state, (byte)connection.Buffered.Length });
            await connection.ReadAsync();
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("012");
        Assert.Equal(new byte[] { (byte)InputState.TimedOut, 3 }, await client.ReceiveExactlyAsync(2));
        await client.SendAsync("3456789");
        Assert.Equal(new byte[] { (byte)InputState.Ready, MessageBytes }, await client.ReceiveExactlyAsync(2));
    }

    [Theory, Models]
    public async Task A_deadline_holds_after_a_receive_that_filled_its_buffer(string model)
    {
        byte[] pages = new byte[64 * 1024];
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            // Powers of two fill a buffer of any size to its last byte.
            for (int count = 4096; count <= pages.Length; count *= 2)
            {
                await connection.WaitForInputAsync(count);
                await connection.TryReadExactlyAsync(pages.AsMemory(0, count));
                InputState state = await connection.WaitForInputAsync(Deadline.After(Moment));
                await connection.WriteAsync(new[] { (byte)state });
            }
        });
        using RawClient client = await server.ConnectAsync();
        for (int count = 4096; count <= pages.Length; count *= 2)
        {
            await client.SendAsync(pages.AsMemory(0, count));
            Assert.Equal(new byte[] { (byte)InputState.TimedOut }, await client.ReceiveExactlyAsync(1));
        }
    }

    [Theory, Models]
    public async Task A_deadline_holds_whatever_the_segments_before_it(string model)
    {
        const int Rounds = 300;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] pair = new byte[2];
            while (await connection.TryReadExactlyAsync(pair))
            {
                InputState state = await connection.WaitForInputAsync(Deadline.After(TimeSpan.FromMicroseconds(500)));
                await connection.WriteAsync(new[] { (byte)state });
            }
        });
        using RawClient client = await server.ConnectAsync();
        for (int round = 0; round < Rounds; round++)
        {
            await client.SendAsync("a");
            await client.SendAsync("b");
            Assert.Equal(new byte[] { (byte)InputState.TimedOut }, await client.ReceiveExactlyAsync(1));
        }
    }

    [Theory, Models]
    public async Task An_end_between_messages_is_orderly_and_one_inside_a_message_is_a_truncation(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            if (await connection.WaitForInputAsync(MessageBytes) != InputState.Finished)
                throw new InvalidOperationException("it is not whole");
        });
        using (RawClient client = await server.ConnectAsync())
            client.FinishSending();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("0123");
            client.FinishSending();
        }
        Assert.Equal(CloseReason.Truncated, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_stop_ends_a_wait_between_messages_but_not_inside_one(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WaitForInputAsync(1);
            await connection.WriteAsync("."u8.ToArray());
            InputState state = await connection.WaitForInputAsync(MessageBytes);
            await connection.TryReadExactlyAsync(new byte[MessageBytes]);
            InputState next = await connection.WaitForInputAsync(MessageBytes);
            await connection.WriteAsync(new[] { (byte)state, (byte)next });
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("012");
        await client.ReceiveExactlyAsync(1);
        Task stop = server.Server.StopAsync();
        await client.SendAsync("3456789");
        Assert.Equal(new byte[] { (byte)InputState.Ready, (byte)InputState.Stopping }, await client.ReceiveExactlyAsync(2));
        client.FinishSending();
        await stop.Bounded();
    }
}
