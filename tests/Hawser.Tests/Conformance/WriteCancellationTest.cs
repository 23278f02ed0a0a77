using System.Security.Cryptography;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A cancelled write has sent the counted bytes, and the conversation continues after them.</summary>
public sealed class WriteCancellationTest
{
    // More than the kernel holds between a writer and a peer that does not read.
    private const int LargeBytes = 20_000_000;

    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_cancelled_write_has_sent_the_counted_bytes_and_the_next_write_continues(string model)
    {
        byte[] content = RandomNumberGenerator.GetBytes(LargeBytes);
        await AssertSendsOnAsync(model, content,
            async (connection, cancel) => await connection.WriteAsync(content, cancel));
    }

    [Theory, Models]
    public async Task A_cancelled_file_send_has_sent_the_counted_bytes(string model)
    {
        using var folder = new TemporaryFolder();
        byte[] content = RandomNumberGenerator.GetBytes(LargeBytes);
        using SafeFileHandle file = File.OpenHandle(folder.Write("content", content));
        await AssertSendsOnAsync(model, content,
            async (connection, cancel) => await connection.SendFileAsync(file, 0, LargeBytes, cancel));
    }

    /// <summary>Cancelling the write interrupts the whole socket; a read that polls must not take that for its
    /// result.</summary>
    [Theory, Models]
    public async Task After_a_cancelled_write_a_poll_still_finds_input(string model)
    {
        using var cancel = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        InputState state = InputState.Stopping;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Record.ExceptionAsync(async () => await connection.WriteAsync(new byte[LargeBytes], cancel.Token));
            cancelled.SetResult();
            await sent.Task;
            state = await connection.WaitForInputAsync(Deadline.After(TimeSpan.Zero));
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsSending && c.BytesSent > 0));
        await cancel.CancelAsync();
        await cancelled.Task.Bounded();
        await client.SendAsync("here");

        sent.SetResult();

        await client.ReceiveToEndAsync();
        Assert.Equal(InputState.Ready, state);
    }

    [Theory, Models]
    public Task A_write_to_a_steady_reader_can_be_cancelled(string model)
    {
        byte[] content = new byte[1_000_000_000];
        return AssertEndsAsync(model, async (connection, cancel) => await connection.WriteAsync(content, cancel));
    }

    [Theory, Models]
    public async Task A_file_send_to_a_steady_reader_can_be_cancelled(string model)
    {
        using var folder = new TemporaryFolder();
        // It has no bytes on the disk.
        using (FileStream made = File.Create(folder["large"]))
            made.SetLength(4_000_000_000);
        using SafeFileHandle file = File.OpenHandle(folder["large"]);
        await AssertEndsAsync(model,
            async (connection, cancel) => await connection.SendFileAsync(file, 0, 4_000_000_000, cancel));
    }

    [Theory, Models]
    public async Task A_write_with_a_cancelled_token_sends_nothing(string model)
    {
        using var folder = new TemporaryFolder();
        using SafeFileHandle file = File.OpenHandle(folder.Write("content", new byte[100]));
        var cancelled = new CancellationToken(true);
        var errors = new List<Exception?>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            errors.Add(await Record.ExceptionAsync(async () => await connection.WriteAsync(new byte[100], cancelled)));
            errors.Add(await Record.ExceptionAsync(
                async () => await connection.SendFileAsync(file, 0, 100, cancelled)));
            await connection.WriteAsync(Mark);
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal(Mark, await client.ReceiveToEndAsync());
        Assert.Equal(2, errors.Count);
        Assert.All(errors, error => Assert.IsAssignableFrom<OperationCanceledException>(error));
    }

    /// <summary>The kernel always has room, so there is no wait to interrupt.</summary>
    private static async Task AssertEndsAsync(string model, Func<Connection, CancellationToken, Task> send)
    {
        using var cancel = new CancellationTokenSource();
        Exception? error = null;
        await using TestServer server = TestServer.Start(model,
            async connection => error = await Record.ExceptionAsync(() => send(connection, cancel.Token)));
        using RawClient client = await server.ConnectAsync();
        byte[] buffer = new byte[1_000_000];
        long received = await client.ReceiveAsync(buffer);

        cancel.Cancel();
        for (int count = 1; count > 0; received += count)
            count = await client.ReceiveAsync(buffer);

        Assert.IsAssignableFrom<OperationCanceledException>(error);
        Assert.Equal(server.Observer.AcceptedOnes.Single().BytesSent, received);
    }

    /// <summary>The peer reads nothing until the call has ended.</summary>
    private static async Task AssertSendsOnAsync(
        string model, byte[] content, Func<Connection, CancellationToken, Task> send)
    {
        using var cancel = new CancellationTokenSource();
        var ended = new TaskCompletionSource<(Exception?, int)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Exception? error = await Record.ExceptionAsync(() => send(connection, cancel.Token));
            ended.SetResult((error, (int)connection.BytesSent));
            await connection.WriteAsync("end"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.IsSending && c.BytesSent > 0));

        await cancel.CancelAsync();
        (Exception? error, int counted) = await ended.Task.Bounded();
        byte[] all = await client.ReceiveToEndAsync();

        Assert.IsAssignableFrom<OperationCanceledException>(error);
        Assert.InRange(counted, 1, LargeBytes - 1);
        Assert.Equal(counted + 3, all.Length);
        Assert.True(content.AsSpan(0, counted).SequenceEqual(all.AsSpan(0, counted)));
        Assert.Equal("end"u8.ToArray(), all[counted..]);
    }
}
