using System.Text;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A cancelled read loses no byte, and the conversation continues.</summary>
public sealed class CancellationTest
{
    private const int Rounds = 1_000;

    private static readonly byte[] Mark = "."u8.ToArray();

    /// <summary>The calls that wait for input, each with input that does not complete it.</summary>
    private static readonly Dictionary<string, (string Part, Func<Connection, CancellationToken, Task> Call)> Reads =
        new()
        {
            ["a wait"] = ("", async (connection, cancel) => await connection.WaitForInputAsync(cancel: cancel)),
            ["a wait with a deadline"] = ("", async (connection, cancel) =>
                await connection.WaitForInputAsync(Deadline.After(Patience.Limit), cancel)),
            ["a wait for 6"] = ("abc", async (connection, cancel) => await connection.WaitForInputAsync(6, cancel: cancel)),
            ["a read"] = ("", async (connection, cancel) => await connection.ReadAsync(cancel)),
            ["a read into a buffer"] = ("", async (connection, cancel) => await connection.ReadAsync(new byte[6], cancel)),
            ["a line"] = ("abc", async (connection, cancel) => await connection.TryReadLineAsync(100, cancel)),
            ["an exact read"] = ("abc", async (connection, cancel) =>
                await connection.TryReadExactlyAsync(new byte[6], cancel)),
            ["the stream"] = ("", async (connection, cancel) =>
                _ = await connection.AsStream().ReadAsync(new byte[6].AsMemory(), cancel)),
        };

    public static TheoryData<string, string> ReadsUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (ConcurrencyModel model in ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (string read in Reads.Keys)
                data.Add(model.Name, read);
        }
        return data;
    }

    [Theory, MemberData(nameof(ReadsUnderModels))]
    public async Task A_cancelled_read_keeps_the_received_bytes(string model, string read)
    {
        (string part, Func<Connection, CancellationToken, Task> call) = Reads[read];
        using var cancel = new CancellationTokenSource();
        Exception? error = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            error = await Record.ExceptionAsync(() => call(connection, cancel.Token));
            await connection.WriteAsync(Mark);
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(part);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(
            c => c.IsReceiving && c.BytesReceived == part.Length));

        await Task.Run(cancel.Cancel);

        Assert.Equal(Mark, await client.ReceiveExactlyAsync(1));
        Assert.IsAssignableFrom<OperationCanceledException>(error);
        await client.SendAsync("def\n");
        Assert.Equal($"{part}def\n", Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(part.Length + 4)));
        client.FinishSending();
        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, MemberData(nameof(ReadsUnderModels))]
    public async Task A_read_with_a_cancelled_token_consumes_nothing(string model, string read)
    {
        Exception? error = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            error = await Record.ExceptionAsync(() => Reads[read].Call(connection, new CancellationToken(true)));
            await connection.WriteAsync(Mark);
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.ReceiveExactlyAsync(1);
        Assert.IsAssignableFrom<OperationCanceledException>(error);
        await client.SendAsync("abcdef");

        Assert.Equal("abcdef"u8.ToArray(), await client.ReceiveExactlyAsync(6));
    }

    [Theory, Models]
    public async Task A_thousand_random_cancellations_lose_no_byte(string model)
    {
        int cancelled = 0;
        bool done = false;
        var received = new List<byte>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                var cancel = new CancellationTokenSource();
                int moment = Random.Shared.Next(5_000);
                Task cancelling = Task.Run(() =>
                {
                    Thread.SpinWait(moment);
                    cancel.Cancel();
                });
                try
                {
                    await TakeAsync(connection, round, received, cancel.Token);
                }
                catch (OperationCanceledException)
                {
                    cancelled++;
                }
                await cancelling;
            }
            Volatile.Write(ref done, true);
            while (await connection.ReadAsync() is { IsEmpty: false } rest)
                received.AddRange(rest.Span);
        });
        using RawClient client = await server.ConnectAsync();

        var sent = new List<byte>();
        while (!Volatile.Read(ref done))
        {
            byte[] drip = [(byte)sent.Count];
            await client.SendAsync(drip);
            sent.AddRange(drip);
            Thread.SpinWait(Random.Shared.Next(2_000));
        }
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Equal(sent, received);
        Assert.InRange(cancelled, 1, Rounds - 1);
    }

    /// <summary>One read, of the next kind.</summary>
    private static async Task TakeAsync(Connection connection, int round, List<byte> received, CancellationToken cancel)
    {
        switch (round % 5)
        {
            case 0:
                received.AddRange((await connection.ReadAsync(cancel)).Span);
                break;
            case 1:
                byte[] buffer = new byte[3];
                received.AddRange(buffer.AsSpan(0, await connection.ReadAsync(buffer, cancel)));
                break;
            case 2:
                byte[] block = new byte[5];
                if (await connection.TryReadExactlyAsync(block, cancel))
                    received.AddRange(block);
                break;
            case 3:
                if (await connection.TryReadLineAsync(100_000, cancel) is { } line)
                    received.AddRange([.. line.Span, (byte)'\n']);
                break;
            default:
                await connection.WaitForInputAsync(4, cancel: cancel);
                break;
        }
    }
}
