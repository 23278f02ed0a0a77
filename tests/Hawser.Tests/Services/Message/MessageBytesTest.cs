using System.Text;
using Hawser.Services.Message;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageBytesTest
{
    public static TheoryData<string, MessageOrder> ModelsAndOrders
    {
        get
        {
            var all = new TheoryData<string, MessageOrder>();
            foreach (string model in ServiceMatrix.AllModels.Select(row => row.Data))
            {
                foreach (MessageOrder order in Enum.GetValues<MessageOrder>())
                    all.Add(model, order);
            }
            return all;
        }
    }

    private static byte[][] Messages =>
    [
        GoldenBytes.Of("message"),
        [0],
        [0, 0, 0],
        [.. Enumerable.Range(0, 256).Select(value => (byte)value)],
        [.. Encoding.UTF8.Preamble, .. "Zeile\r\n"u8],
        [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("\U0001f6a2")],
        "no end of line"u8.ToArray(),
        "\r\n\n\r"u8.ToArray(),
        "\u001a\u0004"u8.ToArray(),
        [0xff, 0xfe, 0xc0, 0x80],
        [],
        Random(100_000),
        Random(MessageSpool.MemoryLimitBytes),
        Random(MessageSpool.MemoryLimitBytes + 1),
        Random(7_654_321),
    ];

    [Theory]
    [MemberData(nameof(ModelsAndOrders))]
    public async Task Written_messages_equal_sent_messages(string model, MessageOrder order)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = order });
        foreach (byte[] message in Messages)
            await server.SendAsync(message);

        server.Output.Is([.. Messages.SelectMany(message => message)]);
        await server.EndAsync();
        Assert.Empty(server.Errors.Lines);
        for (int n = 0; n < Messages.Length; n++)
        {
            // A line is logged after its client has been told, by which time the next message may be written.
            string line = Assert.Single(server.Events.Lines, line =>
                line.StartsWith($"message {n + 1} from 127.0.0.1:", StringComparison.Ordinal));
            string bytes = Messages[n].Length == 1 ? "1 byte" : $"{Messages[n].Length} bytes";
            Assert.EndsWith($" written: {bytes}", line, StringComparison.Ordinal);
        }
        Assert.Equal(
            $"messages: {Messages.Length} written, 0 truncated, 0 refused; {Messages.Sum(message => message.Length)} bytes",
            server.Events.Lines[^1]);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Spooled_messages_are_written_unchanged(string model)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-test-");
        try
        {
            await using var server = new MessageServer(
                model, new MessageOptions { MemoryLimitBytes = 0, SpoolFolder = folder.FullName });
            foreach (byte[] message in Messages)
                await server.SendAsync(message);

            server.Output.Is([.. Messages.SelectMany(message => message)]);
            Assert.Empty(folder.GetFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_may_come_a_byte_at_a_time(string model)
    {
        await using var server = new MessageServer(model);
        using RawPeer sender = await server.ConnectAsync();

        foreach (byte one in GoldenBytes.Of("message"))
            await sender.SendAsync(new[] { one });
        sender.FinishSending();

        Assert.Equal("", await sender.ReadToEndAsync());
        server.Output.Is(GoldenBytes.Of("message"));
    }

    [Theory]
    [MemberData(nameof(ModelsAndOrders))]
    public async Task A_blocked_output_holds_back_the_sender_and_loses_nothing(string model, MessageOrder order)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = order });
        byte[] message = Random(20_000_000);
        server.Output.Block();

        Task sending = server.SendAsync(message);
        await server.Output.WriterWaits.Task.WaitAsync(Support.Patience.Limit);
        Assert.False(sending.IsCompleted);
        server.Output.Unblock();
        await sending;

        server.Output.Is(message);
    }

    internal static byte[] Random(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
