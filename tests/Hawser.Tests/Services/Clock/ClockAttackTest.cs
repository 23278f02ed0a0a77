using Hawser.Services;
using Hawser.Services.Clock;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

/// <summary>Attacks on a clock server and its clients that have worked once.</summary>
public sealed class ClockAttackTest
{
    [Fact]
    public async Task A_recording_of_two_gibibytes_without_a_tick_is_refused_and_the_others_swap_theirs()
    {
        await using ClockStage stage = ClockStage.Start();
        using RawClockClient attacker = await RawClockClient.ConnectAsync(stage.EndPoint);
        await attacker.RegisterAsync();
        Task<ClockRun> others = stage.RunAsync(2, ClockStage.Short);
        await stage.Log.LineWithAsync("client 2 from");
        await attacker.FinishAsync(new RecordingDone(
            new RecordingDigest(ClockLimits.RecordingBytes, new byte[RecordingDigest.HashBytes]), 0, 0, 0));
        Assert.Equal(
            "a recording of 0 rows has at most 309 bytes, not 2147483648", await attacker.ReceiveRuleAsync());
        Assert.True((await others).IsComplete);
        await stage.Log.LineWithAsync("2 of 2 files delivered");
    }

    [Theory, Models]
    public async Task A_client_that_ticks_faster_than_agreed_is_rejected_and_no_longer_recorded(string model)
    {
        await using ClockStage stage = ClockStage.Start(model);
        using (RawClockClient attacker = await RawClockClient.ConnectAsync(stage.EndPoint))
        {
            await attacker.RegisterAsync(new Hello(ClockAbilities.Brotli, 0, 1_000_000_000, 3600_000_000_000));
            for (uint tick = 0; tick < 100; tick++)
                await attacker.SendTickAsync(tick);
            Assert.EndsWith(" comes too early: one every 1 s was agreed", await attacker.ReceiveRuleAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(CloseReason.ProtocolError, await stage.Observer.NextReasonAsync());
        await stage.StopAsync();
        TimeDataRun recording = stage.ReadServerFile();
        Assert.Equal(TimeDataEnding.Whole, recording.Ending);
        Assert.InRange(recording.Rows, 2, 2 * 30);
    }

    [Fact]
    public void Ticks_that_a_network_held_back_for_seconds_keep_to_the_pace()
    {
        const long Ms = 1_000_000;
        var pace = new Pace(intervalNs: 10 * Ms, slackNs: 100 * Ms, backlogNs: 10_000 * Ms, nowNs: 0);
        for (int tick = 0; tick < 400; tick++)
            Assert.True(pace.TryTake(tick * 10 * Ms));
        for (int tick = 400; tick < 1200; tick++)
            Assert.True(pace.TryTake(12_000 * Ms));
        int early = Enumerable.Range(0, 1000).TakeWhile(_ => pace.TryTake(12_000 * Ms)).Count();
        Assert.InRange(early, 1, 30);
        Assert.True(pace.TryTake(12_020 * Ms));
        for (int tick = 0; tick < 1000; tick++)
            pace.TryTake(50_000 * Ms);
        Assert.InRange(Enumerable.Range(0, 5000).TakeWhile(_ => pace.TryTake(50_000 * Ms)).Count(), 0, 30);
    }

    [Fact]
    public async Task The_servers_recording_ends_at_its_limit_and_the_ticks_go_on()
    {
        await using ClockStage stage = ClockStage.Start(
            settings: new ServiceSettings().Set(ClockService.RecordingLimit, "4096"));
        using (RawClockClient client = await RawClockClient.ConnectAsync(stage.EndPoint))
        {
            await client.RegisterAsync(new Hello(ClockAbilities.Brotli, 0, 1_000_000, 2_000_000_000));
            for (uint tick = 0; tick < 90; tick++)
                await client.ExchangeTickAsync(tick);
        }
        await stage.Errors.LineWithAsync("has reached --recording-limit, 4096 bytes");
        Assert.Single(stage.Errors.Lines);
        await stage.StopAsync();
        Assert.InRange(new FileInfo(stage.ServerFile).Length, 3000, 4096);
        Assert.Equal(TimeDataEnding.Whole, stage.ReadServerFile().Ending);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Repeated_hostile_registrations_do_not_separate_honest_clients(bool isSecret)
    {
        await using ClockStage stage = ClockStage.Start();
        ClockClientOptions options = stage.Options(1, ClockStage.LongEnoughToJoin) with
        {
            Session = isSecret ? "secret" : null,
            Members = 3,
        };
        var attackers = new List<RawClockClient>();
        var honest = new List<Task<ClockRun>>();
        for (uint i = 0; i < 3; i++)
        {
            await AttackAsync();
            honest.Add(ClockStage.RunAsync(options));
            await stage.Log.LineWithAsync($"client {(4 * i) + 3} from");
        }
        foreach (RawClockClient attacker in attackers)
            attacker.Dispose();
        foreach (ClockRun run in await Task.WhenAll(honest))
        {
            Assert.Empty(run.Troubles);
            Assert.True(run.IsComplete);
            Assert.Equal(2, run.Report.Clients[0].Deliveries!.Delivered);
        }

        async Task AttackAsync()
        {
            for (int i = 0; i < 3; i++)
            {
                RawClockClient attacker = await RawClockClient.ConnectAsync(stage.EndPoint);
                attackers.Add(attacker);
                await attacker.RegisterAsync();
                await attacker.FinishAsync();
            }
        }
    }

    /// <summary>A stranger whose session fits the first client but not the second separates the two.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public async Task A_client_whose_companions_left_says_so_unless_it_knows_their_number(int? members)
    {
        await using ClockStage stage = ClockStage.Start();
        using (RawClockClient stranger = await RawClockClient.ConnectAsync(stage.EndPoint))
        {
            await stranger.RegisterAsync();
            Task<ClockRun> honest =
                ClockStage.RunAsync(stage.Options(1, ClockStage.LongEnoughToJoin) with { Members = members });
            await stage.Log.LineWithAsync("client 1 from");
            stranger.Dispose();
            ClockRun run = await honest;
            Assert.Equal(members is not null, run.IsComplete);
            Assert.Equal(
                members is null ? ["client 1: 1 other client left the session without a recording"] : [],
                run.Troubles);
        }
    }

    [Fact]
    public async Task A_day_long_recording_does_not_delay_shorter_clients()
    {
        await using ClockStage stage = ClockStage.Start();
        using RawClockClient first = await RawClockClient.ConnectAsync(stage.EndPoint);
        var day = new Hello(ClockAbilities.Brotli, 40_000, 60_000_000_000, 24 * 3_600_000_000_000);
        await first.RegisterAsync(day);
        Task<ClockRun> honest = stage.RunAsync(2, ClockStage.LongEnoughToJoin);
        await stage.Log.LineWithAsync("client 2 from");
        using RawClockClient last = await RawClockClient.ConnectAsync(stage.EndPoint);
        await last.RegisterAsync(day);
        Assert.True((await honest).IsComplete);
    }

    [Fact]
    public async Task A_client_that_meets_fewer_than_it_expects_says_how_many_are_missing()
    {
        await using ClockStage stage = ClockStage.Start();
        ClockRun run = await ClockStage.RunAsync(stage.Options(1, ClockStage.Short) with { Members = 3 });
        Assert.False(run.IsComplete);
        Assert.Equal("client 0: the session has 1 of 3 members", Assert.Single(run.Troubles));
    }

    [Fact]
    public async Task Clients_that_never_share_a_session_report_missing_members()
    {
        await using ClockStage stage = ClockStage.Start("sequential");
        ClockRun run = await stage.RunAsync(2, ClockStage.Short);
        Assert.False(run.IsComplete);
        Assert.All(run.Troubles, trouble => Assert.EndsWith("the session has 1 of 2 members", trouble, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_its_server_leaves_out_says_so()
    {
        await using TestServer server = TestServer.Start("async", async connection =>
        {
            var frames = new ClockFrames(connection);
            await frames.ExpectAsync(ClockMessage.Hello);
            var welcome = new Welcome(ClockAbilities.Brotli, 0, 5000);
            await frames.SendAsync(ClockProtocol.WriteWelcome(frames.Room(ClockProtocol.WelcomeSize), welcome));
            while (await frames.ReadAsync() == InputState.Ready && frames.Type != ClockMessage.Alive)
            {
            }
            await frames.SendAsync(
                ClockProtocol.WriteGoodbye(frames.Room(1), new Goodbye(GoodbyeReason.Complete)));
        });
        using var folder = new TemporaryFolder();
        ClockRun run = await ClockStage.RunAsync(new ClockClientOptions
        {
            Server = server.EndPoint,
            Folder = folder["out"],
            Duration = ClockStage.Short,
        });
        Assert.False(run.IsComplete);
        Assert.Contains("the server has left the client out", Assert.Single(run.Troubles), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_one_session_takes_no_client_of_another()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["secret"], "correct horse\n");
        await using ClockStage stage = ClockStage.Start(
            settings: new ServiceSettings().Set(ClockService.SessionFile, folder["secret"]));
        ClockClientOptions options = stage.Options(2, ClockStage.Short);
        Assert.True((await ClockStage.RunAsync(options with { Session = "correct horse" })).IsComplete);
        ClockRun other = await ClockStage.RunAsync(options with { Session = "another" });
        Assert.Equal(2, other.Troubles.Count);
        Assert.All(other.Troubles, trouble => Assert.Contains("serves another session", trouble, StringComparison.Ordinal));
        Assert.Empty((await ClockStage.RunAsync(options)).Report.Clients);
    }

    [Fact]
    public async Task A_flood_of_Alive_messages_is_a_protocol_error()
    {
        await using ClockStage stage = ClockStage.Start();
        using RawClockClient attacker = await RawClockClient.ConnectAsync(stage.EndPoint);
        await attacker.RegisterAsync();
        byte[] flood = new byte[4 * 10_000];
        for (int at = 0; at < flood.Length; at += 4)
            flood[at] = (byte)ClockMessage.Alive;
        await attacker.SendAsync(flood);
        Assert.Equal("Alive comes more than a hundred times a second", await attacker.ReceiveRuleAsync());
    }

    [Fact]
    public async Task A_page_of_results_without_a_failure_is_refused()
    {
        await using ClockStage stage = ClockStage.Start();
        RawClockClient[] clients = new RawClockClient[3];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = await RawClockClient.ConnectAsync(stage.EndPoint);
            await clients[i].RegisterAsync();
        }
        foreach (RawClockClient client in clients)
            await client.FinishAsync();
        await clients[0].WaitForRosterAsync();
        byte[] frame = new byte[64];
        int length = RosterProtocol.WriteResults(frame, new ResultsPage(1, 1, 0, []));
        await clients[0].SendAsync(frame[..length]);
        Assert.Equal("a page of results has a failure, or says that there is none", await clients[0].ReceiveRuleAsync());
        foreach (RawClockClient client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task A_long_roster_comes_a_page_for_each_question()
    {
        await using ClockStage stage = ClockStage.Start();
        var clients = new RawClockClient[ClockLimits.RosterPageEntries + 1];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = await RawClockClient.ConnectAsync(stage.EndPoint);
            await clients[i].RegisterAsync();
        }
        foreach (RawClockClient client in clients)
            await client.FinishAsync();
        Assert.Equal(64, (await clients[0].WaitForRosterAsync()).Entries.Count);
        Assert.Single((await clients[0].WaitForRosterAsync()).Entries);
        Assert.Equal(ClockMessage.Alive, await clients[0].AskAsync());
        foreach (RawClockClient client in clients)
            client.Dispose();
    }
}
