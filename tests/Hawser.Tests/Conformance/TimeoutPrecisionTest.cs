using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>How exactly the timeouts of a server are kept: never before their time, and at most a tenth of a second
/// after it.</summary>
public sealed class TimeoutPrecisionTest
{
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    // What the server gives connections to read what had come before the stop, and handlers to notice an abort.
    private static readonly TimeSpan ReadingGrace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);

    private readonly FakeTime _time = new();

    public static TheoryData<string, int> TimeoutsUnderModels()
    {
        var data = new TheoryData<string, int>();
        foreach (ConcurrencyModel model in ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (int milliseconds in (int[])[150, 1_000, 10_000, 300_000])
                data.Add(model.Name, milliseconds);
        }
        return data;
    }

    [Theory, MemberData(nameof(TimeoutsUnderModels))]
    public async Task The_first_byte_timeout_fires_within_a_tenth_of_a_second_and_never_early(
        string model, int milliseconds)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(milliseconds);
        await using TestServer server = Start(model, limits => limits with { FirstByteTimeout = timeout });
        for (int round = 0; round < 5; round++)
        {
            // Anywhere between two beats.
            _time.Advance(TimeSpan.FromMilliseconds(Random.Shared.Next(1_000)));
            using RawClient client = await server.ConnectAsync();
            await AssertStrikesAsync(server, client, round, received: 0, timeout, CloseReason.FirstByteTimeout);
        }
    }

    [Theory, MemberData(nameof(TimeoutsUnderModels))]
    public async Task The_idle_timeout_fires_within_a_tenth_of_a_second_and_never_early(
        string model, int milliseconds)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(milliseconds);
        await using TestServer server = Start(model, limits => limits with { IdleTimeout = timeout });
        for (int round = 0; round < 5; round++)
        {
            using RawClient client = await server.ConnectAsync();
            await EchoAsync(client);
            await ReceivingAsync(server, round, received: 1);
            // Less than the timeout, so that the next byte restarts it.
            _time.Advance(timeout * Random.Shared.NextDouble() * 0.9);
            await EchoAsync(client);
            await AssertStrikesAsync(server, client, round, received: 2, timeout, CloseReason.IdleTimeout);
        }
    }

    [Theory, Models]
    public async Task The_linger_time_is_exact_on_the_servers_clock(string model)
    {
        TimeSpan linger = TimeSpan.FromMinutes(10);
        await using TestServer server = TestServer.Start(model, async connection => await connection.ReadAsync(),
            options => options with
            {
                TimeProvider = _time,
                Limits = TestServer.Limits with { LingerTimeout = linger },
            });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Assert.Empty(await client.ReceiveToEndAsync());
        // Input is now discarded: the server lingers.
        await client.SendAsync("y");
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single().BytesReceived == 2);

        _time.Advance(linger - Early);
        await client.SendAsync("z");
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single().BytesReceived == 3);
        _time.Advance(Early + Late);

        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_drain_time_counts_on_the_servers_clock(string model)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model,
            connection => Handlers.EchoLinesAsync(connection, begun.SetResult), options => options with
            {
                TimeProvider = _time,
                Limits = TestServer.Limits with
                {
                    DrainTimeout = TimeSpan.FromDays(1),
                    IdleTimeout = Timeout.InfiniteTimeSpan,
                },
            });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("ha");
        await begun.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        _time.Advance(TimeSpan.FromHours(23));
        Assert.False(stop.IsCompleted);
        // The stop may begin to count a moment after it was asked for.
        await Patience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromHours(1));
            return server.Observer.AcceptedOnes.Single().EndedBy != CloseReason.None;
        });

        Assert.Equal(CloseReason.DrainTimeout, await server.Observer.NextReasonAsync());
        Assert.Equal(0, (await stop.Bounded()).Finished);
        Assert.True(await client.EndsByResetAsync());
    }

    [Theory, Models]
    public async Task A_stop_aborts_at_the_drain_timeout_and_reports_stuck_handlers_a_second_later(string model)
    {
        TimeSpan drain = TimeSpan.FromMinutes(7);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, _ =>
        {
            begun.SetResult();
            return release.Task;
        }, options => options with
        {
            TimeProvider = _time,
            Limits = TestServer.Limits with { DrainTimeout = drain },
        });
        using RawClient client = await server.ConnectAsync();
        await begun.Task.Bounded();

        Task<DrainReport> stop = server.Server.StopAsync();
        await Patience.UntilAsync(() => _time.Pending.Contains(drain) && _time.Pending.Contains(ReadingGrace));
        _time.Advance(drain - Tick);
        Assert.Equal(CloseReason.None, server.Observer.AcceptedOnes.Single().EndedBy);
        Assert.Contains(Tick, _time.Pending);
        _time.Advance(Tick);
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single().EndedBy == CloseReason.DrainTimeout);
        await Patience.UntilAsync(() => _time.Pending.Contains(AbortGrace));
        Assert.Empty(server.Observer.Drains);
        _time.Advance(AbortGrace);

        Assert.Equal(new DrainReport(0, 0, 1), await stop.Bounded());
        release.SetResult();
    }

    [Theory, Models]
    public async Task A_deadline_of_a_handler_counts_on_the_servers_clock(string model)
    {
        var answers = new List<InputState>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Deadline deadline = Deadline.After(TimeSpan.FromSeconds(10), connection.Time);
            answers.Add(await connection.WaitForInputAsync(deadline));
            Assert.True(deadline.HasPassed);
        }, options => options with { TimeProvider = _time });
        using RawClient client = await server.ConnectAsync();
        await ReceivingAsync(server, 0, received: 0);

        _time.Advance(TimeSpan.FromSeconds(10) - Early);
        Assert.True(server.Observer.AcceptedOnes.Single().IsReceiving);
        Assert.Empty(answers);
        _time.Advance(Early);

        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.Equal([InputState.TimedOut], answers);
    }

    private TestServer Start(string model, Func<ServerLimits, ServerLimits> with) =>
        TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            TimeProvider = _time,
            Limits = with(TestServer.Limits with
            {
                FirstByteTimeout = Timeout.InfiniteTimeSpan,
                IdleTimeout = Timeout.InfiniteTimeSpan,
            }),
        });

    private async Task AssertStrikesAsync(
        TestServer server, RawClient client, int round, int received, TimeSpan timeout, CloseReason reason)
    {
        Connection connection = await ReceivingAsync(server, round, received);

        _time.Advance(timeout - Early);
        Assert.Equal(CloseReason.None, connection.EndedBy);
        _time.Advance(Early + Late);

        Assert.Empty(await client.ReceiveToEndAsync());
        client.Dispose();
        Assert.Equal(reason, await server.Observer.NextReasonAsync());
    }

    /// <summary>The connection of this round, once it waits for its peer.</summary>
    private static async Task<Connection> ReceivingAsync(TestServer server, int round, int received)
    {
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == round + 1
            && server.Observer.AcceptedOnes.Last() is { IsReceiving: true } last && last.BytesReceived == received);
        return server.Observer.AcceptedOnes.Last();
    }

    private static async Task EchoAsync(RawClient client)
    {
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
    }
}
