using System.Diagnostics;
using Hawser.Services.Message;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageFaultTest
{
    private const int Large = 1_000_000;

    [Theory]
    [MemberData(nameof(MessageBytesTest.ModelsAndOrders), MemberType = typeof(MessageBytesTest))]
    public async Task A_large_truncated_message_is_written_up_to_the_cut_and_reported(string model, MessageOrder order)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = order });
        byte[] message = MessageBytesTest.Random(Large);
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync(message);
        await server.Output.LongerThanAsync(Large / 2);

        sender.Reset();

        string complaint = await server.Errors.LineWithAsync("message 1 from 127.0.0.1:");
        Assert.Contains(" truncated after ", complaint, StringComparison.Ordinal);
        Assert.Contains("reset", complaint, StringComparison.Ordinal);
        await server.SendAsync("next"u8.ToArray());
        byte[] output = server.Output.Bytes;
        Assert.Contains($" {output.Length - 4} bytes", complaint, StringComparison.Ordinal);
        server.Output.Is([.. message[..(output.Length - 4)], .. "next"u8]);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_small_truncated_message_is_written_up_to_the_cut(string model)
    {
        await using var server = new MessageServer(model);
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync("half of a mess");
        sender.Reset();

        string complaint = await server.Errors.LineWithAsync(" truncated after ");
        await server.SendAsync("|"u8.ToArray());

        string output = System.Text.Encoding.ASCII.GetString(server.Output.Bytes);
        Assert.StartsWith(output[..^1], "half of a mess", StringComparison.Ordinal);
        Assert.Contains($" {output.Length - 1} bytes", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Without_a_folder_to_wait_in_only_the_message_that_needs_it_is_refused(string model)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { MemoryLimitBytes = 5_000, SpoolFolder = "/nonexistent/hawser" });

        await server.SendAsync("small"u8.ToArray());
        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(Large)));
        await server.SendAsync("also small"u8.ToArray());

        server.Output.Is("smallalso small"u8.ToArray());
        string complaint = Assert.Single(server.Errors.Lines);
        Assert.StartsWith("ERROR: message 2 from 127.0.0.1:", complaint, StringComparison.Ordinal);
        Assert.Contains("/nonexistent/hawser", complaint, StringComparison.Ordinal);
        Assert.Contains("set TMPDIR", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task When_the_disk_is_full_only_the_message_that_fills_it_is_refused(string model)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "needs root to mount a small disk");
        DirectoryInfo disk = Directory.CreateTempSubdirectory("hawser-test-");
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk.FullName), "cannot mount here");
        try
        {
            await using var server = new MessageServer(
                model, new MessageOptions { MemoryLimitBytes = 0, SpoolFolder = disk.FullName });
            using RawPeer other = await server.ConnectAsync();
            await other.SendAsync("others live");
            // A large message that is alone would not wait on the disk.
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesReceived > 0));

            await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(Large)));
            await server.Errors.LineWithAsync("refused: cannot keep it in");
            other.FinishSending();
            Assert.Equal("", await other.ReadToEndAsync());

            // What the refused message had is given back.
            byte[] fits = MessageBytesTest.Random(500_000);
            await server.SendAsync(fits);
            server.Output.Is([.. "others live"u8, .. fits]);
            Assert.Single(server.Errors.Lines);
        }
        finally
        {
            Run("umount", disk.FullName);
            disk.Delete();
        }
    }

    [Theory]
    [MemberData(nameof(MessageBytesTest.ModelsAndOrders), MemberType = typeof(MessageBytesTest))]
    public async Task A_failed_output_fails_the_service_once_and_resets_every_sender(
        string model, MessageOrder order)
    {
        await using var server = new MessageServer(model, new MessageOptions { Order = order });
        server.Output.FailAfter(3);
        await server.SendAsync("one"u8.ToArray());

        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync("two"u8.ToArray()));
        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(Large)));

        Assert.Contains("cannot write to the standard output: Broken pipe", await server.Failed, StringComparison.Ordinal);
        Assert.Equal(1, server.Failures);
        server.Output.Is("one"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(MessageBytesTest.ModelsAndOrders), MemberType = typeof(MessageBytesTest))]
    public async Task What_came_before_a_stop_is_written(string model, MessageOrder order)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { Order = order }, drain: TimeSpan.Zero);
        byte[] message = MessageBytesTest.Random(Large);
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync(message);
        await server.Output.LongerThanAsync(Large / 2);

        await server.StopAsync();

        string complaint = await server.Errors.LineWithAsync(" truncated after ");
        byte[] output = server.Output.Bytes;
        Assert.Contains($" {output.Length} bytes", complaint, StringComparison.Ordinal);
        server.Output.Is(message.AsSpan(0, output.Length));
    }

    private static bool Run(string file, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        process.WaitForExit(Patience.Limit);
        return process.ExitCode == 0;
    }
}
