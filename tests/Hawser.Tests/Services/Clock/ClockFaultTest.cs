using System.Net.Sockets;
using Hawser.Services.Clock;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed class ClockFaultTest
{
    [Theory]
    [InlineData("before it said a word")]
    [InlineData("while recording")]
    [InlineData("in the middle of a tick")]
    [InlineData("when it was done")]
    public async Task A_client_that_dies_before_the_roster_is_forgotten(string phase)
    {
        await using ClockStage stage = ClockStage.Start();
        using RawClockClient dying = await RawClockClient.ConnectAsync(stage.EndPoint);
        if (phase != "before it said a word")
            await dying.RegisterAsync();
        Task<ClockRun> others = stage.RunAsync(2, ClockStage.Short);
        await stage.Log.LineWithAsync(phase == "before it said a word" ? "client 1 from" : "client 2 from");
        if (phase == "while recording")
            await dying.ExchangeTickAsync(0);
        if (phase == "in the middle of a tick")
            await dying.SendAsync([(byte)ClockMessage.Request, 0, 0, 20, 1, 2, 3]);
        if (phase == "when it was done")
            await dying.FinishAsync();
        dying.Reset();
        ClockRun run = await others;
        Assert.True(run.IsComplete);
        Assert.All(run.Report.Clients, client => Assert.Equal(1, client.Deliveries!.Delivered));
        await stage.Log.LineWithAsync("2 of 2 files delivered");
        Assert.Empty(stage.Observer.Faults);
    }

    [Fact]
    public async Task A_client_that_dies_after_the_roster_is_reported_and_not_waited_for()
    {
        await using ClockStage stage = ClockStage.Start();
        Task<ClockRun> others = stage.RunAsync(2, ClockStage.LongEnoughToJoin);
        await stage.Log.LineWithAsync("client 1 from");
        using (RawClockClient dying = await RawClockClient.ConnectAsync(stage.EndPoint))
        {
            await dying.RegisterAsync();
            await dying.FinishAsync();
            await dying.WaitForRosterAsync();
        }
        ClockRun run = await others;
        Assert.False(run.IsComplete);
        Assert.Empty(run.Troubles);
        Assert.All(run.Report.Clients, client =>
        {
            Assert.Equal((1, 2), (client.Deliveries!.Delivered, client.Deliveries.Expected));
            Assert.StartsWith("client 2: ", Assert.Single(client.Deliveries.Missing), StringComparison.Ordinal);
        });
        string matrix = await stage.Log.LineWithAsync("2 of 6 files delivered");
        Assert.Contains("missing: client 0 to client 2: the client departed without saying", matrix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crash_of_the_first_caller_does_not_block_waiting_peers()
    {
        await using ClockStage stage = ClockStage.Start();
        RawClockClient dying = await RawClockClient.ConnectAsync(stage.EndPoint);
        await dying.RegisterAsync();
        Task<ClockRun> others = stage.RunAsync(2, ClockStage.Short);
        await stage.Log.LineWithAsync("client 2 is done");
        await dying.FinishAsync();
        await dying.WaitForRosterAsync();
        dying.Dispose();
        ClockRun run = await others;
        Assert.All(run.Report.Clients, client => Assert.Equal(1, client.Deliveries!.Delivered));
        await stage.Log.LineWithAsync("2 of 6 files delivered");
    }

    [Fact]
    public async Task A_server_that_stops_while_clients_record_leaves_whole_recordings()
    {
        await using ClockStage stage = ClockStage.Start();
        Task<ClockRun> recording = stage.RunAsync(2, ClockStage.Long);
        await stage.WaitForRowsAsync();
        await stage.StopAsync();
        ClockRun run = await recording;
        Assert.False(run.IsComplete);
        Assert.Equal(2, run.Troubles.Count);
        Assert.All(run.Report.Clients, client => Assert.True(client.Exchanges > 0));
        Assert.False(ClockReport.FromFiles([stage.ClientFile(0), stage.ClientFile(1), stage.ServerFile]).IsCut);
    }

    [Fact]
    public async Task The_peer_exchange_completes_without_the_server()
    {
        await using ClockStage stage = ClockStage.Start();
        Task<ClockRun> others = stage.RunAsync(2, ClockStage.LongEnoughToJoin);
        await stage.Log.LineWithAsync("client 1 from");
        using RawClockClient stalling = await RawClockClient.ConnectAsync(stage.EndPoint);
        await stalling.RegisterAsync();
        await stalling.FinishAsync();
        await stalling.WaitForRosterAsync();

        // Both have the roster, since both call it.
        Socket first = await stalling.AcceptAsync();
        Socket second = await stalling.AcceptAsync();
        await stage.StopAsync();
        first.Dispose();
        second.Dispose();
        stalling.Dispose();
        ClockRun run = await others;
        Assert.All(run.Report.Clients, client => Assert.Equal(1, client.Deliveries!.Delivered));
        Assert.Equal(File.ReadAllBytes(stage.ClientFile(0)), File.ReadAllBytes(stage.Copy(1, 0)));
        Assert.Equal(File.ReadAllBytes(stage.ClientFile(1)), File.ReadAllBytes(stage.Copy(0, 1)));
    }

    [Fact]
    public async Task A_silent_client_loses_its_lease()
    {
        await using ClockStage stage = ClockStage.Start();
        var hello = new Hello(ClockAbilities.None, 0, 1_000_000, 1_000_000);
        using RawClockClient silent = await RawClockClient.ConnectAsync(stage.EndPoint, listens: false);
        await silent.RegisterAsync(hello);
        Assert.Equal(CloseReason.IdleTimeout, await stage.Observer.NextReasonAsync());
        await stage.Log.LineWithAsync("client 0 has left");
    }

    [Fact]
    public async Task A_killed_client_leaves_whole_rows_and_its_server_goes_on()
    {
        await using ClockStage stage = ClockStage.Start();
        string port = $"{((System.Net.IPEndPoint)stage.EndPoint).Port}";
        await using ProgramProcess client = ProgramProcess.Start(
            "clock", "127.0.0.1", "--port", port, "--duration", "1h", "--out", stage.Folder["out"]);
        await stage.WaitForRowsAsync();
        client.Signal(ProgramProcess.SIGKILL);
        await client.EndAsync();
        await stage.Log.LineWithAsync("client 0 has left");
        Assert.True((await stage.RunAsync(1, ClockStage.Short)).IsComplete);
        await stage.StopAsync();
        ClientReport report = Assert.Single(ClockReport.FromFiles([stage.ClientFile(0)]).Clients);
        Assert.Equal(TimeDataEnding.Cut, report.Ending);
        Assert.All(stage.ReadServerRuns(), part => Assert.Equal(TimeDataEnding.Whole, part.Ending));
    }

    [Fact]
    public async Task A_killed_server_leaves_whole_rows_and_its_clients_keep_what_they_have()
    {
        using var folder = new TemporaryFolder();
        await using ProgramProcess server = ProgramProcess.Start(
            "serve", "clock", "--host", "127.0.0.1", "--port", "0", "--out", folder["s"]);
        var options = new ClockClientOptions
        {
            Server = await server.ListeningAsync(),
            Folder = folder["c"],
        };
        Task<ClockRun> recording = ClockClients.RunAsync(options, TextWriter.Null).Bounded();
        string path = TimeDataWriter.ServerPath(folder["s"]);
        await Patience.UntilAsync(() => new FileInfo(path).Length > 200);
        server.Signal(ProgramProcess.SIGKILL);
        ClockRun run = await recording;
        Assert.Contains("recorded only", Assert.Single(run.Troubles), StringComparison.Ordinal);
        Assert.Equal(TimeDataEnding.Cut, ClockReport.FromFiles([path]).Clients[0].Ending);
        Assert.False(ClockReport.FromFiles([TimeDataWriter.ClientPath(folder["c"], 0)]).IsCut);
    }
}
