using Hawser.Services.Message;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageOrderTest
{
    private const int Senders = 20;
    private const int Large = 1_000_000;

    [Theory]
    [MemberData(nameof(MessageBytesTest.ModelsAndOrders), MemberType = typeof(MessageBytesTest))]
    public async Task Messages_of_concurrent_senders_never_mingle(string model, MessageOrder order)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = order });
        int[] lengths = [.. Enumerable.Range(0, Senders).Select(sender => 1 + sender * sender * 1_001)];

        await Task.WhenAll(lengths.Select((length, sender) => server.SendAsync(Numbered(sender, length))));

        byte[] output = server.Output.Bytes;
        Assert.Equal(lengths.Sum(), output.Length);
        int[] came = new int[Senders];
        int changes = 0;
        for (int i = 0; i < output.Length; i++)
        {
            int sender = output[i] >> 3;
            if (i > 0 && sender != output[i - 1] >> 3)
                changes++;
            if ((output[i] & 7) != (came[sender]++ & 7))
                Assert.Fail($"byte {i} of the output is not byte {came[sender] - 1} of sender {sender}");
        }
        Assert.Equal(lengths, came);
        if (order != MessageOrder.Interleave)
            Assert.Equal(Senders - 1, changes);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_slow_small_sender_does_not_block_others(string model)
    {
        await using var server = new MessageServer(model);
        using RawPeer slow = await server.ConnectAsync();
        await slow.SendAsync("slow");

        await server.SendAsync(Numbered(1, 10));
        await server.SendAsync(Numbered(2, Large));
        server.Output.Is([.. Numbered(1, 10), .. Numbered(2, Large)]);

        slow.FinishSending();
        Assert.Equal("", await slow.ReadToEndAsync());
        server.Output.Is([.. Numbered(1, 10), .. Numbered(2, Large), .. "slow"u8]);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task In_completion_order_the_first_to_end_comes_first(string model)
    {
        await using var server = new MessageServer(model);
        using RawPeer first = await server.ConnectAsync();
        using RawPeer second = await server.ConnectAsync();
        await first.SendAsync("1");
        await second.SendAsync("2");

        second.FinishSending();
        await second.ReadToEndAsync();
        first.FinishSending();
        await first.ReadToEndAsync();

        server.Output.Is("21"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task In_arrival_order_the_first_to_connect_comes_first(string model)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = MessageOrder.Arrival });
        using RawPeer first = await server.ConnectAsync();
        await first.SendAsync("1");
        await server.ReceivedAsync(1, 1);
        using RawPeer second = await server.ConnectAsync();
        await second.SendAsync("2");
        second.FinishSending();
        Task<string> secondEnds = second.ReadToEndAsync();

        await first.SendAsync("1");
        await server.ReceivedAsync(1, 2);
        Assert.False(secondEnds.IsCompleted);
        server.Output.Is([]);
        first.FinishSending();
        await first.ReadToEndAsync();
        await secondEnds;

        server.Output.Is("112"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task Interleaved_chunks_come_out_as_they_come(string model)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = MessageOrder.Interleave });
        using RawPeer first = await server.ConnectAsync();
        using RawPeer second = await server.ConnectAsync();

        await first.SendAsync("1");
        await server.Output.LongerThanAsync(0);
        await second.SendAsync("2");
        await server.Output.LongerThanAsync(1);
        await first.SendAsync("1");
        await server.Output.LongerThanAsync(2);

        server.Output.Is("121"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_large_message_that_is_alone_streams_and_later_ones_wait_for_its_end(string model)
    {
        await using var server = new MessageServer(model);
        byte[] large = Numbered(1, Large);
        using RawPeer streaming = await server.ConnectAsync();
        await streaming.SendAsync(large);
        await server.Output.LongerThanAsync(Large / 2);

        Task later = server.SendAsync(Numbered(2, 10));
        await streaming.SendAsync(large);
        await server.Output.LongerThanAsync(2 * Large - 1);
        Assert.False(later.IsCompleted);
        streaming.FinishSending();
        await later;

        server.Output.Is([.. large, .. large, .. Numbered(2, 10)]);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_large_message_that_is_not_alone_delays_no_other(string model)
    {
        await using var server = new MessageServer(model);
        using RawPeer small = await server.ConnectAsync();
        await small.SendAsync("small");
        await server.ReceivedAsync(1, 5);
        using RawPeer large = await server.ConnectAsync();
        await large.SendAsync(Numbered(1, Large));
        await server.ReceivedAsync(2, Large);

        await server.SendAsync(Numbered(2, 10));

        server.Output.Is(Numbered(2, 10));
    }

    // Every byte says whose it is (five bits) and where it stands (three bits).
    private static byte[] Numbered(int sender, int length) =>
        [.. Enumerable.Range(0, length).Select(place => (byte)(sender << 3 | place & 7))];
}
