using Hawser.Services.Message;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageStallTest
{
    private const int Large = 1_000_000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private readonly FakeTime _time = new();

    public static TheoryData<string, MessageOrder> ModelsAndOrdersWithTurns
    {
        get
        {
            var all = new TheoryData<string, MessageOrder>();
            foreach (string model in ServiceMatrix.ConcurrentModels.Select(row => row.Data))
            {
                all.Add(model, MessageOrder.Completion);
                all.Add(model, MessageOrder.Arrival);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_stalled_message_in_memory_does_not_block_others(string model)
    {
        await using MessageServer server = Start(model);
        byte[] stalling = MessageBytesTest.Random(200_000);
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync(stalling);
        await server.ReceivedAsync(1, stalling.Length);

        await server.SendAsync("other"u8.ToArray());
        server.Output.Is("other"u8);
        sender.FinishSending();

        Assert.Equal("", await sender.ReadToEndAsync());
        server.Output.Is([.. "other"u8, .. stalling]);
        Assert.Empty(server.Errors.Lines);
    }

    [Theory]
    [MemberData(nameof(ModelsAndOrdersWithTurns))]
    public async Task A_streaming_sender_that_stalls_while_others_wait_is_cut(string model, MessageOrder order)
    {
        await using MessageServer server = Start(model, order);
        byte[] message = MessageBytesTest.Random(Large);
        using RawPeer sender = await server.StreamAsync(message);

        Task other = server.SendAsync("other"u8.ToArray());
        await UntilWaitingAsync();
        _time.Advance(9 * Look);
        Assert.Empty(server.Errors.Lines);
        Connection connection = server.Observer.AcceptedOnes.Single(one => one.Id == 1);
        int looks = 0;
        await Patience.UntilAsync(() =>
        {
            if (connection.EndedBy != CloseReason.None)
                return true;
            _time.Advance(Look);
            looks++;
            return false;
        });
        // Looks that find the last write not quite over do not count, however few.
        Assert.InRange(looks, 1, 100);
        await other;

        Assert.True(await sender.EndsByResetAsync());
        string line = await server.Errors.LineWithAsync("message 1 from 127.0.0.1:");
        Assert.EndsWith($" truncated after {Large} bytes: other messages waited and no byte arrived for 5 s (--stall-timeout)", line,
            StringComparison.Ordinal);
        server.Output.Is([.. message, .. "other"u8]);
    }

    [Theory]
    [MemberData(nameof(ModelsAndOrdersWithTurns))]
    public async Task A_streaming_sender_that_trickles_while_others_wait_is_cut(string model, MessageOrder order)
    {
        await using MessageServer server = Start(model, order);
        byte[] message = MessageBytesTest.Random(Large);
        using RawPeer sender = await server.StreamAsync(message);

        Task other = server.SendAsync("other"u8.ToArray());
        await UntilWaitingAsync();
        int trickled = 0;
        Connection connection = server.Observer.AcceptedOnes.Single(one => one.Id == 1);
        while (connection.EndedBy == CloseReason.None && trickled < 100)
        {
            await sender.SendAsync("."u8.ToArray());
            await server.Output.LongerThanAsync(Large + trickled++);
            _time.Advance(Look);
        }
        await other;

        Assert.True(trickled >= 10);
        string line = await server.Errors.LineWithAsync("message 1 from 127.0.0.1:");
        Assert.EndsWith($" truncated after {Large + trickled} bytes: "
            + "other messages waited and it arrived slower than 64 kB per second (--min-rate)", line, StringComparison.Ordinal);
        server.Output.Is([.. message, .. Enumerable.Repeat((byte)'.', trickled), .. "other"u8]);
    }

    [Theory]
    [MemberData(nameof(ModelsAndOrdersWithTurns))]
    public async Task A_sender_that_keeps_the_rate_is_waited_for(string model, MessageOrder order)
    {
        const int Piece = 40_000;
        const int Pieces = 40;
        await using MessageServer server = Start(model, order);
        byte[] message = MessageBytesTest.Random(Large + Pieces * Piece);
        using RawPeer sender = await server.StreamAsync(message.AsMemory(0, Large));

        Task other = server.SendAsync("other"u8.ToArray());
        await UntilWaitingAsync();
        for (int sent = Large; sent < message.Length; sent += Piece)
        {
            await sender.SendAsync(message.AsMemory(sent, Piece));
            await server.Output.LongerThanAsync(sent + Piece - 1);
            _time.Advance(Look);
        }
        await AssertBothArriveAsync(server, sender, message, other);
    }

    [Theory]
    [MemberData(nameof(ModelsAndOrdersWithTurns))]
    public async Task A_sender_that_blocks_no_other_may_pause(string model, MessageOrder order)
    {
        await using MessageServer server = Start(model, order);
        byte[] message = MessageBytesTest.Random(Large);
        using RawPeer sender = await server.StreamAsync(message);

        // The time before somebody waits does not count.
        _time.Advance(TimeSpan.FromMinutes(10));
        Task other = server.SendAsync("other"u8.ToArray());
        await UntilWaitingAsync();
        _time.Advance(9 * Look);
        await AssertBothArriveAsync(server, sender, message, other);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task An_output_that_stands_still_is_not_the_senders_fault(string model)
    {
        await using MessageServer server = Start(model);
        byte[] message = MessageBytesTest.Random(Large);
        using RawPeer sender = await server.ConnectAsync();
        await sender.SendAsync(message.AsMemory(0, Large / 2));
        await server.Output.LongerThanAsync(Large / 2 - 1);
        server.Output.Block();
        await sender.SendAsync(message.AsMemory(Large / 2));
        await server.Output.WriterWaits.Task.Bounded();

        Task other = server.SendAsync("other"u8.ToArray());
        await UntilWaitingAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        server.Output.Unblock();
        await AssertBothArriveAsync(server, sender, message, other);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task In_arrival_order_all_stalled_senders_ahead_are_cut_off_at_once(string model)
    {
        const int Idle = 5;
        await using MessageServer server = Start(model, MessageOrder.Arrival);
        var idle = new List<RawPeer>();
        for (int n = 1; n <= Idle; n++)
        {
            idle.Add(await server.ConnectAsync());
            await idle[^1].SendAsync("x");
            await server.ReceivedAsync(n, 1);
        }

        Task other = server.SendAsync("other"u8.ToArray());
        await UntilWaitingAsync();
        await UntilCutAsync(server.Errors.LineWithAsync("ERROR: message 1 from "));
        // The others ahead have stood still as long, and go with it.
        await other;

        foreach (RawPeer peer in idle)
        {
            Assert.True(await peer.EndsByResetAsync());
            peer.Dispose();
        }
        server.Output.Is("other"u8);
        for (int n = 2; n <= Idle; n++)
            await server.Errors.LineWithAsync($"ERROR: message {n} from ");
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.ConcurrentModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_sender_that_stalls_does_not_keep_room_on_disk_that_others_need(string model)
    {
        await using MessageServer server = Start(model, spoolLimitBytes: 500_000);
        using RawPeer first = await server.ConnectAsync();
        using RawPeer second = await server.ConnectAsync();
        await second.SendAsync("second");
        await server.ReceivedAsync(2, 1);
        await first.SendAsync(MessageBytesTest.Random(600_000));
        await server.ReceivedAsync(1, 600_000);
        // Nobody needs the room.
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(server.Errors.Lines);

        await Assert.ThrowsAsync<ConnectionClosedException>(() => server.SendAsync(MessageBytesTest.Random(Large)));
        await server.Errors.LineWithAsync("message 3 from ");
        await UntilWaitingAsync();
        _time.Advance(11 * Look);

        Assert.True(await first.EndsByResetAsync());
        Assert.StartsWith("ERROR: ", await server.Errors.LineWithAsync("message 1 from "), StringComparison.Ordinal);
        // Only then has it returned its room.
        await Patience.UntilAsync(() => server.Observer.ClosedOnes.Any(closed => closed.Connection.Id == 1));
        byte[] fits = MessageBytesTest.Random(400_000);
        await server.SendAsync(fits);
        second.FinishSending();
        Assert.Equal("", await second.ReadToEndAsync());
        server.Output.Is([.. fits, .. "second"u8]);
    }

    /// <summary>Looks that find the last write not quite over do not count.</summary>
    private static async Task AssertBothArriveAsync(MessageServer server, RawPeer sender, byte[] message, Task other)
    {
        sender.FinishSending();
        await other;
        Assert.Equal("", await sender.ReadToEndAsync());
        server.Output.Is([.. message, .. "other"u8]);
        Assert.Empty(server.Errors.Lines);
    }

    private Task UntilCutAsync(Task cut) => Patience.UntilAsync(() =>
    {
        _time.Advance(Look);
        return cut.IsCompleted;
    });

    private Task UntilWaitingAsync() => Patience.UntilAsync(() => _time.HasTimerSet);

    private MessageServer Start(
        string model, MessageOrder order = MessageOrder.Completion, long spoolLimitBytes = 100_000_000) =>
        new(model, new MessageOptions { Order = order, SpoolLimitBytes = spoolLimitBytes, Time = _time });
}
