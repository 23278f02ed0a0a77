using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Bandwidth limits, by a clock that the test moves: tokens come only when it does.</summary>
public sealed class RateLimitTest
{
    private const int Rate = 100_000;

    // What the bucket holds at first, and what it may be overdrawn.
    private const int Burst = Rate / 20;
    private const int Quantum = 1_024;

    // A pause takes a millisecond at least.
    private const int Late = 1 + (Rate / 1_000);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
    private const int StepBytes = Rate / 100;

    private readonly FakeTime _time = new();

    public static TheoryData<string, bool> ModelsAndScopes
    {
        get
        {
            var all = new TheoryData<string, bool>();
            foreach (string model in ConcurrencyModels.All.Where(m => m.IsAvailable).Select(m => m.Name))
            {
                all.Add(model, true);
                all.Add(model, false);
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(ModelsAndScopes))]
    public async Task A_server_sends_at_the_rate(string model, bool isPerConnection)
    {
        byte[] content = new byte[Rate];
        new Random(1).NextBytes(content);
        await using TestServer server = Start(
            model, async connection => await connection.WriteAsync(content), isPerConnection);
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);

        await AssertKeepsRateAsync(connection, () => connection.BytesSent);

        Assert.Equal(content, await client.ReceiveToEndAsync());
    }

    [Theory, MemberData(nameof(ModelsAndScopes))]
    public async Task A_server_receives_at_the_rate(string model, bool isPerConnection)
    {
        byte[] content = new byte[Rate];
        new Random(2).NextBytes(content);
        var received = new MemoryStream();
        await using TestServer server = Start(model, async connection =>
        {
            while (await connection.ReadAsync() is { IsEmpty: false } piece)
                received.Write(piece.Span);
        }, isPerConnection);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(content);
        client.FinishSending();
        Connection connection = await FirstAsync(server);

        await AssertKeepsRateAsync(connection, () => connection.BytesReceived);

        await AdvanceUntilAsync(() => server.Observer.ClosedOnes.Count == 1);
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Equal(content, received.ToArray());
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Connections_share_the_rate_equally(string model)
    {
        const int Clients = 4;
        await using TestServer server = Start(
            model, async connection => await connection.WriteAsync(new byte[10 * Rate]), isPerConnection: false,
            options => options with { ModelOptions = new() { Threads = Clients } });
        var clients = new List<RawClient>();
        for (int i = 0; i < Clients; i++)
            clients.Add(await server.ConnectAsync());
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count(c => c.Transport.IsPaused) == Clients);
        long[] before = Sent();

        for (int step = 1; step <= 200; step++)
        {
            await AdvanceAsync(() => server.Observer.AcceptedOnes.All(c => c.Transport.IsPaused));
            long due = before.Sum() + (step * StepBytes);
            Assert.InRange(Sent().Sum(), due - Quantum - Late, due + Quantum + Late);
        }

        long[] shares = [.. Sent().Zip(before, (after, start) => after - start)];
        Assert.All(shares, share => Assert.InRange(share, (Rate / 2) - (3 * Quantum), (Rate / 2) + (3 * Quantum)));
        clients.ForEach(client => client.Dispose());

        long[] Sent() => [.. server.Observer.AcceptedOnes.OrderBy(c => c.Id).Select(c => c.BytesSent)];
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_paused_connection_delays_no_other(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoAsync, isPerConnection: true,
            options => options with { ModelOptions = new() { Threads = 2, Loops = 1 } });
        using RawClient greedy = await server.ConnectAsync();
        await greedy.SendAsync(new byte[10 * Burst]);
        Connection paused = await FirstAsync(server);
        await Patience.UntilAsync(() => paused.Transport.IsPaused);

        using RawClient other = await server.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await other.SendAsync("x");
            await other.ReceiveExactlyAsync(1);
        }

        Assert.True(paused.Transport.IsPaused);
    }

    [Theory, Models]
    public async Task A_pause_is_neither_idle_nor_slow(string model)
    {
        await using TestServer server = Start(
            model, async connection => await connection.WriteAsync(new byte[10 * Burst]), isPerConnection: true,
            options => options with
            {
                Limits = options.Limits with
                {
                    ConnectionRateLimit = 1,
                    FirstByteTimeout = TimeSpan.FromSeconds(5),
                    IdleTimeout = TimeSpan.FromSeconds(5),
                    MinimumRate = new(1_000_000, TimeSpan.FromSeconds(1)),
                },
            });
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.Transport.IsPaused);

        while (connection.BytesSent < 2 * Quantum)
        {
            _time.Advance(Step);
            await Patience.UntilAsync(() => connection.Transport.IsPaused);
        }
        // The bucket is overdrawn: the next byte would go in a quarter of an hour.
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.True(connection.Transport.IsPaused);
        Assert.Equal(CloseReason.None, connection.EndedBy);
    }

    [Theory, Models]
    public async Task A_deadline_ends_a_pause(string model)
    {
        var states = new List<InputState>();
        await using TestServer server = Start(model, async connection =>
        {
            while (connection.BytesReceived < Quantum)
                await connection.ReadAsync();
            var soon = Deadline.After(TimeSpan.FromMilliseconds(100), connection.Time);
            states.Add(await connection.WaitForInputAsync(soon));
            states.Add(await connection.WaitForInputAsync());
            await Handlers.DiscardAsync(connection);
        }, isPerConnection: true, options => options with
        {
            Limits = options.Limits with { ConnectionRateLimit = 1 },
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[Quantum + 1]);
        client.FinishSending();
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.Transport.IsPaused);

        await AdvanceUntilAsync(() => server.Observer.ClosedOnes.Count == 1);

        Assert.Equal([InputState.TimedOut, InputState.Ready], states);
        Assert.Equal(Quantum + 1, connection.BytesReceived);
    }

    [Theory, Models]
    public async Task A_cancelled_pause_loses_no_byte(string model)
    {
        byte[] content = new byte[Rate];
        new Random(3).NextBytes(content);
        using var cancel = new CancellationTokenSource();
        await using TestServer server = Start(model, async connection =>
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await connection.WriteAsync(content, cancel.Token));
            await connection.WriteAsync(content.AsMemory((int)connection.BytesSent));
        }, isPerConnection: false);
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.Transport.IsPaused);

        await cancel.CancelAsync();

        Task<byte[]> received = client.ReceiveToEndAsync();
        await AdvanceUntilAsync(() => received.IsCompleted);
        Assert.Equal(content, await received);
    }

    [Theory, Models]
    public async Task An_abort_ends_a_pause(string model)
    {
        await using TestServer server = Start(
            model, async connection => await connection.WriteAsync(new byte[Rate]), isPerConnection: false);
        using RawClient client = await server.ConnectAsync();
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.Transport.IsPaused);

        connection.Abort();

        Assert.Equal(CloseReason.Aborted, await server.Observer.NextReasonAsync());
        Assert.True(await client.EndsByResetAsync());
    }

    [Theory, Models]
    public async Task Input_that_arrived_before_a_stop_is_answered_at_the_rate(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoLinesAsync, isPerConnection: true,
            options => options with { Limits = options.Limits with { DrainTimeout = Timeout.InfiniteTimeSpan } });
        using RawClient client = await server.ConnectAsync();
        string line = new('x', 1_000);
        for (int i = 0; i < 10; i++)
            await client.SendAsync(line + "\n");
        Connection connection = await FirstAsync(server);
        await Patience.UntilAsync(() => connection.Transport.IsPaused);

        Task<DrainReport> stop = server.Server.StopAsync();
        Task<byte[]> received = client.ReceiveToEndAsync();
        await AdvanceUntilAsync(() => received.IsCompleted);

        Assert.Equal(10 * 1_001, (await received).Length);
        client.FinishSending();
        await AdvanceUntilAsync(() => stop.IsCompleted);
        Assert.Equal(new DrainReport(1, 0, 0), await stop);
    }

    private TestServer Start(
        string model, Func<Connection, Task> handle, bool isPerConnection,
        Func<ServerOptions, ServerOptions>? with = null) =>
        TestServer.Start(model, handle, options =>
        {
            // Layers that hold bytes back would make the counts inexact.
            options = options with
            {
                TimeProvider = _time,
                Layers = [],
                Limits = TestServer.Limits with
                {
                    RateLimit = isPerConnection ? long.MaxValue : Rate,
                    ConnectionRateLimit = isPerConnection ? Rate : long.MaxValue,
                },
            };
            return with is null ? options : with(options);
        });

    /// <summary>Moves the clock only while the connection is paused. Then it has moved what the tokens allow.</summary>
    private async Task AssertKeepsRateAsync(Connection connection, Func<long> moved)
    {
        for (int allowed = Burst; ; allowed += StepBytes)
        {
            await Patience.UntilAsync(IsSettled);
            if (moved() == Rate)
            {
                Assert.InRange(Rate, allowed - StepBytes - Quantum, allowed + Quantum);
                return;
            }
            Assert.InRange(moved(), allowed - Late, allowed + Quantum);
            await AdvanceAsync(IsSettled);
        }

        bool IsSettled() => connection.Transport.IsPaused || moved() == Rate;
    }

    /// <summary>A step, in pieces that end when a timer fires: the clock stands while those work whom it has
    /// woken.</summary>
    private async Task AdvanceAsync(Func<bool> isSettled)
    {
        for (TimeSpan left = Step; left > TimeSpan.Zero;)
        {
            TimeSpan piece = _time.Pending.Append(left).Min();
            _time.Advance(piece);
            await Patience.UntilAsync(isSettled);
            left -= piece;
        }
    }

    private static async Task<Connection> FirstAsync(TestServer server)
    {
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count > 0);
        return server.Observer.AcceptedOnes.First();
    }

    private Task AdvanceUntilAsync(Func<bool> reached) => Patience.UntilAsync(() =>
    {
        if (!reached())
            _time.Advance(Step);
        return reached();
    });
}
