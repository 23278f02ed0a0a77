using Hawser.Services.Message;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageBoundsTest
{
    private const int Large = 1_000_000;

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_longer_than_allowed_is_refused_and_one_as_long_is_not(string model)
    {
        await using var server = new MessageServer(model, new MessageOptions { MaxBytes = 1000 });

        await server.SendAsync(MessageBytesTest.Random(1000));
        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(1001)));
        await server.SendAsync("next"u8.ToArray());

        server.Output.Is([.. MessageBytesTest.Random(1000), .. "next"u8]);
        string line = Assert.Single(server.Errors.Lines);
        Assert.StartsWith("ERROR: message 2 from 127.0.0.1:", line, StringComparison.Ordinal);
        Assert.EndsWith(" refused: longer than 1000 B (--max-bytes)", line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_beyond_the_byte_limit_of_a_connection_is_refused_and_not_confirmed(string model)
    {
        await using var server = new MessageServer(model, bytesPerConnection: 100);

        await server.SendAsync(MessageBytesTest.Random(100));
        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(101)));

        server.Output.Is(MessageBytesTest.Random(100));
        await server.Errors.LineWithAsync(" refused: input exceeds 100 bytes");
    }

    [Fact]
    public void Messages_in_memory_take_an_eighth_of_the_heap_and_at_most_32_MiB()
    {
        Assert.Equal(3_000_000, MessageOptions.ShareOf(24_000_000));
        Assert.Equal(32 * 1024 * 1024, MessageOptions.ShareOf(long.MaxValue));
        Assert.Equal(
            MessageOptions.ShareOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), new MessageOptions().MemoryLimitBytes);
    }

    /// <summary>Without a folder, a message that memory has no room for is refused.</summary>
    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task All_messages_together_hold_no_more_memory_than_the_limit(string model)
    {
        // Two buffers of the smallest size.
        await using var server = new MessageServer(
            model, new MessageOptions { MemoryLimitBytes = 10_000, SpoolFolder = "/nonexistent/hawser" });
        RawPeer[] waiting = [await server.ConnectAsync(), await server.ConnectAsync()];
        foreach (RawPeer sender in waiting)
            await sender.SendAsync("waits ");
        await server.ReceivedAsync(1, 6);
        await server.ReceivedAsync(2, 6);

        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync("one too many"u8.ToArray()));

        waiting[0].FinishSending();
        Assert.Equal("", await waiting[0].ReadToEndAsync());
        await server.SendAsync("fits now"u8.ToArray());
        waiting[1].FinishSending();
        Assert.Equal("", await waiting[1].ReadToEndAsync());
        server.Output.Is("waits fits nowwaits "u8.ToArray());
        foreach (RawPeer sender in waiting)
            sender.Dispose();
    }

    /// <summary>Whatever its size, and while it grows.</summary>
    [Theory]
    [InlineData(1, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData(MessageSpool.MemoryLimitBytes, MessageSpool.MemoryLimitBytes)]
    public void A_message_counts_the_memory_of_its_buffer_until_it_is_discarded(int length, int counted)
    {
        var memory = new ByteBudget(2 * MessageSpool.MemoryLimitBytes);
        using (var spool = new MessageSpool(memory, new ByteBudget(0), "/nonexistent/hawser"))
        {
            byte[] content = MessageBytesTest.Random(length);
            foreach (byte[] piece in content.Chunk(1000))
                spool.Append(piece);

            Assert.False(memory.TryTake((2 * MessageSpool.MemoryLimitBytes) - counted + 1));
            Assert.True(memory.TryTake((2 * MessageSpool.MemoryLimitBytes) - counted));
            memory.Return((2 * MessageSpool.MemoryLimitBytes) - counted);
            byte[] moved = [];
            spool.MoveTo(static (bytes, take) => take(bytes.ToArray()), (Action<byte[]>)(bytes => moved = bytes));
            Assert.Equal(content, moved);
        }
        Assert.True(memory.TryTake(2 * MessageSpool.MemoryLimitBytes));
    }

    [Theory]
    [MemberData(nameof(MessageBytesTest.ModelsAndOrders), MemberType = typeof(MessageBytesTest))]
    public async Task A_message_that_grows_too_long_while_it_streams_is_cut(string model, MessageOrder order)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { Order = order, MaxBytes = Large + 1 });
        byte[] message = MessageBytesTest.Random(Large + 2);
        using RawPeer sender = await server.StreamAsync(message.AsMemory(0, Large));
        await sender.SendAsync(message.AsMemory(Large));

        Assert.True(await sender.EndsByResetAsync());
        await server.Errors.LineWithAsync($" truncated after {Large} bytes: longer than ");
        server.Output.Is(message.AsSpan(0, Large));
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_exceeding_the_spool_limit_is_refused_and_its_space_released(string model)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { MemoryLimitBytes = 0, SpoolLimitBytes = Large });
        using RawPeer other = await server.ConnectAsync();
        await other.SendAsync("other");
        await server.ReceivedAsync(1, 5);

        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(Large)));
        string line = await server.Errors.LineWithAsync("ERROR: message 2 from ");
        Assert.Contains(" refused: waiting messages may hold 1 MB on disk", line, StringComparison.Ordinal);
        Assert.Contains("(--spool-limit)", line, StringComparison.Ordinal);

        byte[] fits = MessageBytesTest.Random(Large - 5);
        await server.SendAsync(fits);
        other.FinishSending();
        Assert.Equal("", await other.ReadToEndAsync());
        server.Output.Is([.. fits, .. "other"u8]);
        await server.EndAsync();
        Assert.Equal([line, $"messages: 2 written, 0 truncated, 1 refused; {Large} bytes"], server.Errors.Lines);
    }

    [Fact]
    public async Task Spool_files_are_unlinked_and_accessible_to_their_owner_only()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("reads /proc");
            return;
        }
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-test-");
        try
        {
            await using var server = new MessageServer(
                "threads", new MessageOptions { MemoryLimitBytes = 0, SpoolFolder = folder.FullName });
            using RawPeer sender = await server.ConnectAsync();
            await sender.SendAsync("secret");

            string? spool = null;
            await Patience.UntilAsync(() => (spool = FindOpenFile(folder.FullName)) is not null);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(spool!));
            Assert.Empty(folder.GetFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The descriptor of this process that leads to an unlinked file of a folder.</summary>
    private static string? FindOpenFile(string folder) => Directory.GetFiles("/proc/self/fd").FirstOrDefault(path =>
        new FileInfo(path).LinkTarget is { } target && target.StartsWith($"{folder}/", StringComparison.Ordinal)
        && target.EndsWith(" (deleted)", StringComparison.Ordinal));
}
