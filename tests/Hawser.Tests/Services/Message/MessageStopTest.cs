using Hawser.Services.Message;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageStopTest
{
    private const int Large = 1_000_000;
    private readonly FakeTime _time = new();

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_that_waits_until_the_drain_time_is_over_is_refused_and_never_written(string model)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { Time = _time }, drain: TimeSpan.Zero);
        byte[] streamed = MessageBytesTest.Random(Large);
        using RawPeer streaming = await server.StreamAsync(streamed);
        using RawPeer waiting = await server.ConnectAsync();
        await waiting.SendAsync("waiting");
        waiting.FinishSending();
        await Patience.UntilAsync(() => _time.HasTimerSet);

        await server.EndAsync();

        Assert.True(await waiting.EndsByResetAsync());
        string refused = await server.Errors.LineWithAsync("message 2 from ");
        Assert.StartsWith("ERROR: ", refused, StringComparison.Ordinal);
        Assert.EndsWith(" refused: the server stopped before its turn came; resend it", refused,
            StringComparison.Ordinal);
        await server.Errors.LineWithAsync($" truncated after {Large} bytes: ");
        Assert.Contains($"messages: 0 written, 1 truncated, 1 refused; {Large} bytes", server.Errors.Lines);
        server.Output.Is(streamed);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_whose_turn_comes_within_the_drain_time_is_written_and_confirmed(string model)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { Time = _time }, drain: Patience.Limit);
        byte[] streamed = MessageBytesTest.Random(Large);
        using RawPeer streaming = await server.StreamAsync(streamed);
        Task waiting = server.SendAsync("waiting"u8.ToArray());
        await Patience.UntilAsync(() => _time.HasTimerSet);

        Task<DrainReport> end = server.EndAsync();
        streaming.FinishSending();

        Assert.Equal("", await streaming.ReadToEndAsync());
        await waiting;
        await end;
        server.Output.Is([.. streamed, .. "waiting"u8]);
        Assert.Empty(server.Errors.Lines);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_sender_that_has_sent_nothing_does_not_delay_the_stop(string model)
    {
        await using var server = new MessageServer(model, drain: Timeout.InfiniteTimeSpan);
        using RawPeer sender = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.SingleOrDefault() is { IsReceiving: true });

        await server.EndAsync();

        // A half-close would confirm its message.
        Assert.True(await sender.EndsByResetAsync());
        await server.Errors.LineWithAsync(" refused: the server is stopping; resend it");
        Assert.Equal(0, server.Output.Length);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public Task A_reset_by_the_sender_of_a_whole_message_during_the_stop_loses_nothing(string model) =>
        LosesNothingAsync(model, isWhole: true);

    [Theory, Models(ModelKind.Concurrent)]
    public Task A_reset_by_the_sender_of_half_a_message_during_the_stop_loses_nothing_that_arrived(string model) =>
        LosesNothingAsync(model, isWhole: false);

    private async Task LosesNothingAsync(string model, bool isWhole)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { Time = _time }, drain: Timeout.InfiniteTimeSpan);
        byte[] streamed = MessageBytesTest.Random(Large);
        using RawPeer streaming = await server.StreamAsync(streamed);
        using RawPeer waiting = await server.ConnectAsync();
        await waiting.SendAsync("waiting");
        await server.ReceivedAsync(2, 7);
        if (isWhole)
        {
            waiting.FinishSending();
            await Patience.UntilAsync(() => _time.HasTimerSet);
        }

        Task<DrainReport> end = server.EndAsync();
        await Patience.UntilAsync(() => server.Stopping.IsCancellationRequested);
        waiting.Reset();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(
            connection => connection.EndedBy == CloseReason.PeerReset));
        streaming.FinishSending();

        Assert.Equal("", await streaming.ReadToEndAsync());
        await end;
        server.Output.Is([.. streamed, .. "waiting"u8]);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_message_refused_at_the_drain_timeout_is_not_written(string model)
    {
        await using var server = new MessageServer(model, drain: TimeSpan.Zero);
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync("half of a mess");
        await server.ReceivedAsync(1, 14);

        await server.EndAsync();

        Assert.True(await sender.EndsByResetAsync());
        await server.Errors.LineWithAsync(" refused: drain timeout");
        Assert.Equal(0, server.Output.Length);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task An_idle_sender_is_reset_because_a_half_close_would_confirm_its_message(string model)
    {
        await using var server = new MessageServer(model, idle: TimeSpan.FromMilliseconds(100));
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync("half of a mess");

        Assert.True(await sender.EndsByResetAsync());
        await server.Errors.LineWithAsync(" refused: idle timeout");
        Assert.Equal(0, server.Output.Length);
    }

    [Theory]
    [MemberData(nameof(MessageBytesTest.ModelsAndOrders), MemberType = typeof(MessageBytesTest))]
    public async Task An_output_that_takes_nothing_does_not_hold_up_a_stop(string model, MessageOrder order)
    {
        await using var server = new MessageServer(
            model, new MessageOptions { Order = order }, drain: TimeSpan.Zero);
        server.Output.Block();
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync(MessageBytesTest.Random(Large));
        sender.FinishSending();
        await server.Output.WriterWaits.Task.Bounded();

        DrainReport report = await server.EndAsync();

        Assert.Equal(1, report.Stuck);
        Assert.True(await sender.EndsByResetAsync());
        Assert.Contains(server.Errors.Lines, line =>
            line.EndsWith(" truncated after 0 or more bytes: the server stopped, and the output takes nothing",
                StringComparison.Ordinal));
        Assert.Contains("messages: 0 written, 1 truncated, 0 refused; 0 bytes", server.Errors.Lines);
        // What was not begun by then is never written, even if the output moves again.
        server.Output.Unblock();
        await server.Observer.NextReasonAsync();
        Assert.InRange(server.Output.Length, 0, MessageSpool.MemoryLimitBytes);
    }
}
