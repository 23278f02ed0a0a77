using System.Text;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>How much one connection moves within a turn of its loop, while the others wait for theirs.</summary>
public sealed class LoopTurnTest
{
    // Of two turns, because the look falls into the middle of one, with room for the last and largest call of each.
    private const long MostSentBetweenLooks = 6_000_000;
    private const long MostReceivedBetweenLooks = 4_000_000;
    // As docs/models.md promises.
    private const int CallsPerTurn = 64;
    private const long FileBytes = 200_000_000;
    private const long FloodBytes = 200_000_000;

    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_large_file_does_not_starve_another_peer(string model)
    {
        using var folder = new TemporaryFolder();
        // It has no bytes on the disk, and more than can be sent while the polite one asks.
        using SafeFileHandle file = OpenSparse(folder["large"], 100 * FileBytes);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            if (connection.Id == 1)
                await connection.SendFileAsync(file, 0, 100 * FileBytes);
            else
                await Handlers.EchoLinesAsync(connection);
        }, options => options with { ModelOptions = new() { Loops = 1 } });
        using RawClient greedy = await server.ConnectAsync();
        using var over = new CancellationTokenSource();
        Task taking = TakeAsync(greedy, over.Token);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesSent > 10_000_000));

        using RawClient polite = await server.ConnectAsync();
        for (int i = 0; i < 50; i++)
        {
            await polite.SendAsync($"{i}\n");
            Assert.Equal($"{i}", await polite.ReceiveLineAsync());
        }

        Assert.False(taking.IsCompleted);
        await over.CancelAsync();
        await taking;
        greedy.Reset();
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_file_is_sent_over_several_loop_turns(string model)
    {
        using var folder = new TemporaryFolder();
        using SafeFileHandle file = OpenSparse(folder["large"], FileBytes);
        long most = await MostInATurnAsync(model, c => c.BytesSent,
            async connection => await connection.SendFileAsync(file, 0, FileBytes),
            client => TakeAsync(client, CancellationToken.None));

        Assert.InRange(most, 1, MostSentBetweenLooks);
    }

    /// <summary>Large receives count for more than small ones.</summary>
    [Theory, Models(ModelKind.Loop)]
    public async Task A_flood_is_received_over_several_loop_turns(string model)
    {
        byte[] flood = new byte[1_000_000];
        long most = await MostInATurnAsync(model, c => c.BytesReceived, Handlers.DiscardAsync, async client =>
        {
            for (long sent = 0; sent < FloodBytes; sent += flood.Length)
                await client.SendAsync(flood);
            client.FinishSending();
        });

        Assert.InRange(most, 1, MostReceivedBetweenLooks);
    }

    /// <summary>The stop interrupts it while it waits for its next turn with a message buffered.</summary>
    [Theory, Models]
    public async Task A_connection_out_of_turn_serves_input_from_before_the_stop(string model)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TestServer? running = null;
        await using TestServer server = running = TestServer.Start(model, async connection =>
        {
            await connection.TryReadLineAsync(10);
            read.SetResult();
            await sent.Task;
            for (int i = 0; i < CallsPerTurn; i++)
                await connection.WriteAsync(Mark);
            _ = running!.Server.StopAsync();
            await Handlers.EchoLinesAsync(connection);
        }, options => options with { Limits = TestServer.Limits with { DrainTimeout = Patience.Limit } });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("one\n");
        await read.Task.Bounded();
        await client.SendAsync("two\n");

        sent.SetResult();

        string answer = Encoding.ASCII.GetString(await client.ReceiveToEndAsync());
        Assert.Equal($"{new string('.', CallsPerTurn)}two\n", answer);
    }

    /// <summary>While one handler moves its bytes, another samples them once per turn.</summary>
    private static async Task<long> MostInATurnAsync(
        string model, Func<Connection, long> count, Func<Connection, Task> move, Func<RawClient, Task> peer)
    {
        long most = 0;
        Connection? moving = null;
        bool moved = false;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            if (connection.Id == 2)
            {
                moving = connection;
                try
                {
                    await move(connection);
                }
                finally
                {
                    moved = true;
                }
                return;
            }
            long last = 0;
            while (!moved)
            {
                await Task.Yield();
                long now = moving is null ? 0 : count(moving);
                most = Math.Max(most, now - last);
                last = now;
            }
        }, options => options with { ModelOptions = new() { Loops = 1 } });
        using RawClient watcher = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == 1);
        using RawClient client = await server.ConnectAsync();

        await peer(client);
        await watcher.ReceiveToEndAsync();
        Assert.Empty(server.Observer.Faults);
        return most;
    }

    private static async Task TakeAsync(RawClient client, CancellationToken over)
    {
        byte[] buffer = new byte[1_000_000];
        while (!over.IsCancellationRequested && await client.ReceiveAsync(buffer) > 0)
        {
        }
    }

    private static SafeFileHandle OpenSparse(string path, long length)
    {
        using (FileStream file = File.Create(path))
            file.SetLength(length);
        return File.OpenHandle(path);
    }
}
