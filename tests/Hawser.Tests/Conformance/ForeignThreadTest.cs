using System.Runtime.CompilerServices;
using System.Text;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A connection that is used from a thread other than its own.</summary>
public sealed class ForeignThreadTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models]
    public async Task A_handler_on_a_foreign_thread_can_read_and_write(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] message = new byte[64];
            while (true)
            {
                await Elsewhere;
                if (await connection.WaitForInputAsync().ConfigureAwait(false) != InputState.Ready)
                    return;
                await Elsewhere;
                ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(64).ConfigureAwait(false);
                int length = line!.Value.Length;
                line.Value.CopyTo(message);
                message[length] = (byte)'\n';
                await Elsewhere;
                await connection.WriteAsync(message.AsMemory(0, length + 1)).ConfigureAwait(false);
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using RawClient client = await server.ConnectAsync();
            for (int i = 0; i < 200; i++)
            {
                await client.SendAsync($"{i}\n");
                Assert.Equal($"{i}", await client.ReceiveLineAsync());
            }
            client.FinishSending();
            Assert.Empty(await client.ReceiveToEndAsync());
        }));

        for (int i = 0; i < 4; i++)
            Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task On_a_foreign_thread_every_call_waits_as_on_its_own(string model)
    {
        using var folder = new TemporaryFolder();
        using SafeFileHandle file = File.OpenHandle(folder.Write("content", new byte[4_000_000]));
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Elsewhere;
            Deadline soon = Deadline.After(TimeSpan.FromMilliseconds(5));
            Assert.Equal(InputState.TimedOut, await connection.WaitForInputAsync(soon).ConfigureAwait(false));
            await Elsewhere;
            using (var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(5)))
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(
                    async () => await connection.ReadAsync(cancel.Token).ConfigureAwait(false)).ConfigureAwait(false);
            }
            await Elsewhere;
            await connection.WriteAsync(new byte[4_000_000]).ConfigureAwait(false);
            await Elsewhere;
            await connection.SendFileAsync(file, 0, 4_000_000).ConfigureAwait(false);
            await Elsewhere;
            byte[] block = new byte[4_000_000];
            Assert.True(await connection.TryReadExactlyAsync(block).ConfigureAwait(false));
            await Elsewhere;
            await connection.WriteAsync(await connection.ReadAsync().ConfigureAwait(false)).ConfigureAwait(false);
            await Elsewhere;
            await connection.FinishWritingAsync();
            Assert.True((await connection.ReadAsync().ConfigureAwait(false)).IsEmpty);
        });
        using RawClient client = await server.ConnectAsync();

        await client.ReceiveExactlyAsync(8_000_000);
        await client.SendAsync(new byte[4_000_000]);
        await client.SendAsync("ab");
        Assert.Equal("ab"u8.ToArray(), await client.ReceiveToEndAsync());
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_handler_that_throws_on_a_foreign_thread_ends_only_its_own_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            await Elsewhere;
            if (connection.Id == 1)
                throw new InvalidOperationException("far from home");
            await connection.WriteAsync(Mark);
        });

        using (RawClient victim = await server.ConnectAsync())
        {
            await victim.SendAsync("x");
            Assert.True(await victim.EndsByResetAsync());
            Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        }
        using RawClient next = await server.ConnectAsync();
        await next.SendAsync("y");
        Assert.Equal(Mark, await next.ReceiveToEndAsync());
    }

    public static TheoryData<string, string> CallsUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (Models.ConcurrencyModel model in Models.ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (string call in (string[])["dispose", "abort", "finish writing"])
                data.Add(model.Name, call);
        }
        return data;
    }

    [Theory, MemberData(nameof(CallsUnderModels))]
    public async Task A_call_from_a_foreign_thread_affects_only_its_own_connection(string model, string call)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        for (int round = 0; round < 10; round++)
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
            Connection connection = server.Observer.AcceptedOnes.Last();
            await Patience.UntilAsync(() => connection.IsReceiving);

            await CallAsync(connection, call);

            Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(client.ReceiveToEndAsync));
            client.Dispose();
            Assert.Same(connection, (await server.Observer.NextEndAsync()).Connection);
        }
        Assert.Empty(server.Observer.Faults);
        await AssertEchoesAsync(server);
    }

    /// <summary>The handler runs on unsynchronized.</summary>
    [Theory, MemberData(nameof(CallsUnderModels))]
    public async Task A_foreign_call_at_any_moment_affects_only_its_own_connection(string model, string call)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        for (int round = 0; round < 50; round++)
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x");
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == round + 1);
            Connection connection = server.Observer.AcceptedOnes.Last();
            ValueTask<Exception?> sending = Record.ExceptionAsync(() => client.SendAsync(new byte[100_000]));
            Thread.SpinWait(Random.Shared.Next(20_000));

            await CallAsync(connection, call);

            Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(client.ReceiveToEndAsync));
            await sending;
            client.Dispose();
            Assert.Same(connection, (await server.Observer.NextEndAsync()).Connection);
        }
        Assert.Empty(server.Observer.Faults);
        await AssertEchoesAsync(server);
    }

    private static async Task CallAsync(Connection connection, string call)
    {
        try
        {
            switch (call)
            {
                case "dispose":
                    connection.Dispose();
                    break;
                case "abort":
                    connection.Abort();
                    break;
                default:
                    await connection.FinishWritingAsync();
                    break;
            }
        }
        catch (ConnectionClosedException)
        {
            // It had ended by itself.
        }
    }

    private static async Task AssertEchoesAsync(TestServer server)
    {
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("still here");
        Assert.Equal("still here", Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(10)));
    }

    /// <summary>Continues on the thread pool, as an analyser advises.</summary>
    private static ConfiguredTaskAwaitable Elsewhere =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
