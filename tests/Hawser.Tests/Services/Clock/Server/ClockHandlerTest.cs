using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Server;

public sealed class ClockHandlerTest
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "there is no message of type 71")]
    [InlineData("\x01\0\0\x05hello", "Hello has 56 bytes or more, not 5")]
    [InlineData("\x04\0\0\x14 123456789 123456789", "a client begins with Hello, not with Request")]
    [InlineData("\x01\0\0\x38HWCK\x09 234567890123456789012345678901234567890123456789012", "the version is 2, not 9")]
    public async Task An_invalid_opening_gets_the_broken_rule_and_affects_no_other_client(string bytes, string rule)
    {
        await using ClockStage stage = ClockStage.Start();
        using (RawClockClient garbage = await RawClockClient.ConnectAsync(stage.EndPoint))
        {
            await garbage.SendAsync(System.Text.Encoding.Latin1.GetBytes(bytes));
            Assert.Equal(rule, await garbage.ReceiveRuleAsync());
            Assert.Empty(await garbage.ReceiveToEndAsync());
        }
        Assert.Equal(CloseReason.ProtocolError, await stage.Observer.NextReasonAsync());
        Assert.True((await stage.RunAsync(1, ClockStage.Short)).IsComplete);
        Assert.Empty(stage.Observer.Faults);
    }

    [Theory]
    [InlineData("a tick again", "ticks ascend, but 3 follows 3")]
    [InlineData("a tick beyond the duration", "tick 6000 is beyond the duration of 6000 ticks")]
    [InlineData("a tick after it was done", "a client that is done sends no ticks")]
    [InlineData("done twice", "a client is done once")]
    [InlineData("done after ticks that never came", "2 ticks sent cannot be, 1 came")]
    [InlineData("results before the roster", "results come from those on the roster, after it")]
    [InlineData("a message of the server's", "Refused is not for a server")]
    public async Task A_protocol_violation_is_answered_with_the_rule_and_ends_the_connection(string what, string rule)
    {
        await using ClockStage stage = ClockStage.Start();
        using RawClockClient liar = await RawClockClient.ConnectAsync(stage.EndPoint);
        await liar.RegisterAsync(new Hello(ClockAbilities.Brotli, 40_001, 10_000_000, 60_000_000_000));
        await liar.ExchangeTickAsync(3);
        byte[] frame = new byte[64];
        if (what == "a tick again")
            await liar.SendTickAsync(3);
        if (what == "a tick beyond the duration")
            await liar.SendTickAsync(6000);
        if (what is "a tick after it was done" or "done twice")
            await liar.FinishAsync();
        if (what == "a tick after it was done")
            await liar.SendTickAsync(4);
        if (what == "done twice")
            await liar.FinishAsync();
        if (what == "done after ticks that never came")
            await liar.FinishAsync(new RecordingDone(RecordingDigest.Of(liar.Recording), 2, 1, 0));
        if (what == "results before the roster")
            await liar.SendAsync(frame[..RosterProtocol.WriteResults(frame, new ResultsPage(0, 0, 0, []))]);
        if (what == "a message of the server's")
            await liar.SendAsync(frame[..ClockProtocol.WriteRefused(frame, RefusalReason.Busy)]);
        Assert.Equal(rule, await liar.ReceiveRuleAsync());
        Assert.Empty(await liar.ReceiveToEndAsync());
        Assert.Equal(CloseReason.ProtocolError, await stage.Observer.NextReasonAsync());
        Assert.Empty(stage.Observer.Faults);
    }

    [Fact]
    public async Task The_last_line_has_the_longest_time_that_a_client_recorded_whenever_it_came()
    {
        await using ClockStage stage = ClockStage.Start();
        using RawClockClient first = await RawClockClient.ConnectAsync(stage.EndPoint, listens: false);
        using RawClockClient late = await RawClockClient.ConnectAsync(stage.EndPoint, listens: false);
        var hello = new Hello(ClockAbilities.None, 0, 10_000_000, 300_000_000_000);
        foreach (RawClockClient client in (RawClockClient[])[first, late])
        {
            await client.RegisterAsync(hello);
            await client.ExchangeTickAsync(29_999);
        }
        await first.FinishAsync(new RecordingDone(RecordingDigest.Of("x"u8), 1, 1, 29_999));
        await late.FinishAsync(new RecordingDone(RecordingDigest.Of("x"u8), 1, 1, 29_999));
        await Patience.UntilAsync(() => File.ReadAllText(stage.ServerFile)
            .EndsWith("End of Timestamp Data (after 5 minutes)\n", StringComparison.Ordinal));
        Assert.Equal(4, stage.ReadServerFile().Rows);
    }

    [Fact]
    public async Task A_server_whose_disk_stalled_says_at_its_end_how_many_rows_its_recording_lacks()
    {
        using var folder = new TemporaryFolder();
        var errors = new LogLines();
        // The title lines fit, no row does.
        var handler = new ClockHandler(folder.Root, TextWriter.Null, errors, TimeProvider.System, pendingLimit: 300);
        handler.Recording.Append("10.0.0.2:40000"u8.ToArray(), "10.0.0.1:5555"u8.ToArray(), default);
        await handler.DisposeAsync();
        Assert.Equal($"ERROR: {folder["serverTimeData.txt"]} lacks 2 rows: the disk stalled", Assert.Single(errors.Lines));
    }

    [Theory, Models]
    public async Task A_stop_sends_Goodbye_to_recording_clients(string model)
    {
        await using ClockStage stage = ClockStage.Start(model);
        using RawClockClient client = await RawClockClient.ConnectAsync(stage.EndPoint);
        await client.RegisterAsync();
        await client.ExchangeTickAsync(0);
        Task stop = stage.StopAsync();
        Assert.Equal([(byte)ClockMessage.Goodbye, 0, 0, 1, (byte)GoodbyeReason.Stopping], await client.ReceiveToEndAsync());
        client.Dispose();
        await stop;
        Assert.Equal((TimeDataEnding.Whole, 2), (stage.ReadServerFile().Ending, stage.ReadServerFile().Rows));
    }
}
