using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A greedy peer beside one with few requests.</summary>
public sealed class FairnessTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    /// <summary>All ways to read, a few bytes at a time, so that the flood is always ahead.</summary>
    public static TheoryData<string, string> ReadersUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (Models.ConcurrencyModel model in Models.ConcurrencyModels.All.Where(m => m.IsAvailable && m.IsConcurrent))
        {
            foreach (string reader in (string[])["into a buffer", "exactly", "lines", "what there is", "to a file"])
                data.Add(model.Name, reader);
        }
        return data;
    }

    [Theory, MemberData(nameof(ReadersUnderModels))]
    public async Task A_flooding_peer_does_not_starve_another(string model, string reader)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] kind = new byte[1];
            await connection.TryReadExactlyAsync(kind);
            if (kind[0] == 'f')
                await SwallowAsync(connection, reader);
            else
                await Handlers.EchoLinesAsync(connection);
        }, options => options with { ModelOptions = new() { Loops = 1 } });
        using RawClient flooder = await server.ConnectAsync();
        await flooder.SendAsync("f");
        using var over = new CancellationTokenSource();
        Task flood = FloodAsync(flooder, over.Token);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesReceived > 1_000));

        using RawClient polite = await server.ConnectAsync();
        await polite.SendAsync("p");
        for (int i = 0; i < 100; i++)
        {
            await polite.SendAsync($"{i}\n");
            Assert.Equal($"{i}", await polite.ReceiveLineAsync());
        }

        Assert.False(flood.IsCompleted);
        await over.CancelAsync();
        flooder.Reset();
        await Record.ExceptionAsync(() => flood);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_bulk_receiver_does_not_starve_another_peer(string model)
    {
        byte[] piece = new byte[1_000];
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] kind = new byte[1];
            await connection.TryReadExactlyAsync(kind);
            if (kind[0] == 'f')
            {
                while (true)
                    await connection.WriteAsync(piece);
            }
            await Handlers.EchoLinesAsync(connection);
        }, options => options with { ModelOptions = new() { Loops = 1 } });
        using RawClient greedy = await server.ConnectAsync();
        await greedy.SendAsync("f");
        Task taking = greedy.ReceiveToEndAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesSent > 1_000));

        using RawClient polite = await server.ConnectAsync();
        await polite.SendAsync("p");
        for (int i = 0; i < 100; i++)
        {
            await polite.SendAsync($"{i}\n");
            Assert.Equal($"{i}", await polite.ReceiveLineAsync());
        }

        Assert.False(taking.IsCompleted);
        greedy.Reset();
        await Record.ExceptionAsync(() => taking);
    }

    /// <summary>The loop is blocked until many connections are pending; an existing one must not wait for all of
    /// them.</summary>
    [Theory, Models(ModelKind.Loop)]
    public async Task A_burst_of_new_connections_does_not_starve_existing_ones(string model)
    {
        const int Crowd = 400;
        using var gathered = new ManualResetEventSlim();
        int acceptedAtSecondAnswer = 0;
        TestServer? running = null;
        await using TestServer server = running = TestServer.Start(model, async connection =>
        {
            if (connection.Id > 1)
            {
                await Handlers.DiscardAsync(connection);
                return;
            }
            await connection.ReadAsync();
            gathered.Wait(Patience.Limit);
            await connection.WriteAsync(Mark);
            await connection.ReadAsync();
            acceptedAtSecondAnswer = running!.Observer.AcceptedOnes.Count;
            await connection.WriteAsync(Mark);
        }, options => options with { ModelOptions = new() { Loops = 1 }, Backlog = Crowd + 10 });
        using RawClient inside = await server.ConnectAsync();
        await inside.SendAsync("1");
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(c => c.BytesReceived == 1));
        var crowd = new List<RawClient>();
        for (int i = 0; i < Crowd; i++)
            crowd.Add(await server.ConnectAsync());
        await inside.SendAsync("2");

        gathered.Set();
        await inside.ReceiveExactlyAsync(2);

        Assert.InRange(acceptedAtSecondAnswer, 1, Crowd / 2);
        crowd.ForEach(client => client.Dispose());
    }

    private static async Task SwallowAsync(Connection connection, string reader)
    {
        byte[] few = new byte[16];
        switch (reader)
        {
            case "into a buffer":
                while (await connection.ReadAsync(few) > 0)
                {
                }
                break;
            case "exactly":
                while (await connection.TryReadExactlyAsync(few))
                {
                }
                break;
            case "lines":
                while (await connection.TryReadLineAsync(1024) is not null)
                {
                }
                break;
            case "what there is":
                await Handlers.DiscardAsync(connection);
                break;
            case "to a file":
                using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(
                    Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write,
                    FileShare.None, FileOptions.DeleteOnClose))
                {
                    while (await connection.ReceivePieceToFileAsync(file, 0, _ => { }) > 0)
                    {
                    }
                }
                break;
        }
    }

    private static async Task FloodAsync(RawClient flooder, CancellationToken over)
    {
        byte[] lines = new byte[64 * 1024];
        Array.Fill(lines, (byte)'\n');
        while (!over.IsCancellationRequested)
            await flooder.SendAsync(lines);
    }
}
