using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Hawser.App.Reports;
using Hawser.Services.Clock;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed partial class ClockRunTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Every_client_has_every_recording(int clients)
    {
        await using ClockStage stage = ClockStage.Start();
        ClockRun run = await stage.RunAsync(clients, ClockStage.Short);
        Assert.Empty(run.Troubles);
        Assert.True(run.IsComplete);
        Assert.Equal(Enumerable.Range(0, clients).Select(id => (uint?)id), run.Report.Clients.Select(c => c.ClientId));
        Assert.All(run.Report.Clients, client =>
        {
            Assert.Equal(clients - 1, client.Deliveries!.Delivered);
            Assert.Equal(10, client.Sent + client.Missed);
            Assert.Equal(0, client.Lost);
        });
        foreach ((uint id, uint other) in Pairs(clients))
            Assert.Equal(File.ReadAllBytes(stage.ClientFile(other)), File.ReadAllBytes(stage.Copy(id, other)));
        Assert.Empty(Directory.EnumerateFiles(stage.Folder["out"], "*.part", SearchOption.AllDirectories));
        await stage.Log.LineWithAsync($"{clients * (clients - 1)} of {clients * (clients - 1)} files delivered");
    }

    [Theory, Models]
    public async Task The_service_proves_itself_under_every_model(string model)
    {
        using var folder = new TemporaryFolder();
        var shown = await new ClockService().DemonstrateAsync(
            Hawser.Models.ConcurrencyModels.Get(model), Directory.CreateDirectory(folder["demo"]).FullName).Bounded();
        Assert.All(shown, demonstration => Assert.Null(demonstration.Difference));
    }

    [Fact]
    public async Task Both_ends_record_the_same_rows_in_the_set_format()
    {
        await using ClockStage stage = ClockStage.Start();
        ClockRun run = await stage.RunAsync(1, ClockStage.Short);
        await stage.StopAsync();
        string[] client = await File.ReadAllLinesAsync(stage.ClientFile(0));
        // Each in the order in which it saw them: a tick may be sent before the last one's answer has come.
        Assert.Equal(Timestamps(client), Timestamps(await File.ReadAllLinesAsync(stage.ServerFile)));
        Assert.Equal("Timestamp Data", client[0]);
        Assert.Equal("#\tSender's IP\tReceiver's IP\tDate\tTime", client[1]);
        Assert.Equal("End of Timestamp Data (after 100 milliseconds)", client[^1]);
        Assert.Equal(client[^1], File.ReadLines(stage.ServerFile).Last());
        for (int row = 1; row <= client.Length - 3; row++)
            Assert.Matches(Row, client[row + 1]);
        Assert.Equal(run.Report.All.Sent + run.Report.All.Exchanges, client.Length - 3);
    }

    [Fact]
    public async Task A_stalled_disk_is_reported_with_the_number_of_missing_rows()
    {
        await using ClockStage stage = ClockStage.Start();
        // The title lines fit, no row does.
        ClockRun run = await ClockStage.RunAsync(stage.Options(1, ClockStage.Short) with { PendingLimit = 300 });
        Assert.False(run.IsComplete);
        Assert.Matches("^client 0: .*client_0_TimeData.txt lacks [0-9]+ rows and .*: the disk stalled$",
            Assert.Single(run.Troubles));
        Assert.Contains($" {run.Report.All.Sent + run.Report.All.Exchanges} rows", run.Troubles[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_from_files_equals_the_live_report()
    {
        await using ClockStage stage = ClockStage.Start();
        ClockReport measured = (await stage.RunAsync(2, ClockStage.Short)).Report;
        ClockReport read = ClockReport.FromFiles([stage.ClientFile(0), stage.ClientFile(1)]);
        Assert.False(read.IsCut);
        Assert.Equal(measured.Clients.Select(Figures), read.Clients.Select(Figures));
        Assert.Contains("peers     1 of 1 recordings delivered", ClockReportText.Of(measured), StringComparison.Ordinal);
        Assert.Contains("\"delivered\":1", measured.ToJson(), StringComparison.Ordinal);

        static object Figures(ClientReport c) => (c.ClientId, c.Sent, c.Exchanges, c.Missed, c.Delay, c.Lateness, c.Offset);
    }

    [Fact]
    public async Task Clients_of_several_runs_exchange_recordings_when_they_overlap()
    {
        await using ClockStage stage = ClockStage.Start();
        Task<ClockRun> first = stage.RunAsync(2, ClockStage.LongEnoughToJoin);
        await stage.Log.LineWithAsync("client 1 from");
        ClockRun late = await stage.RunAsync(1, ClockStage.Short);
        Assert.True(late.IsComplete && (await first).IsComplete);
        Assert.Equal(2, late.Report.Clients[0].Deliveries!.Delivered);
        await stage.Log.LineWithAsync("6 of 6 files delivered");
    }

    [Fact]
    public async Task One_session_follows_the_other_with_new_ids()
    {
        await using ClockStage stage = ClockStage.Start();
        await stage.RunAsync(2, ClockStage.Short);
        ClockRun second = await stage.RunAsync(2, ClockStage.Short);
        Assert.Equal([2u, 3u], second.Report.Clients.Select(client => client.ClientId!.Value));
        Assert.All(second.Report.Clients, client => Assert.True(client.Deliveries!.IsComplete));
    }

    [Fact]
    public async Task A_later_run_in_the_same_folder_is_appended_and_destroys_nothing()
    {
        await using ClockStage stage = ClockStage.Start();
        await stage.RunAsync(2, ClockStage.Short);
        await stage.StopAsync();
        string[] files = Directory.GetFiles(stage.Folder.Root, "*.*", SearchOption.AllDirectories);
        Assert.Equal(7, files.Length);
        Dictionary<string, byte[]> earlier = files.ToDictionary(path => path, File.ReadAllBytes);
        await using ClockStage again = stage.StartAgain();
        ClockRun run = await again.RunAsync(2, ClockStage.Short);
        await again.StopAsync();
        Assert.True(run.IsComplete);
        foreach ((string path, byte[] content) in earlier)
        {
            byte[] now = File.ReadAllBytes(path);
            Assert.True(now.Length > content.Length, path);
            Assert.Equal(content, now[..content.Length]);
        }
        Assert.Equal(File.ReadAllBytes(stage.ClientFile(0)), File.ReadAllBytes(stage.Copy(1, 0)));

        ClockReport report = ClockReport.FromFiles([stage.ClientFile(0), stage.ClientFile(1), stage.ServerFile]);
        Assert.Equal(4, report.Clients.Count);
        Assert.Equal([1, 2, 1, 2], report.Clients.Select(client => client.Run));
        Assert.All(report.Clients, client => Assert.NotNull(client.Delay));
    }

    [Fact]
    public async Task A_server_without_clients_writes_nothing()
    {
        await using ClockStage stage = ClockStage.Start();
        await stage.StopAsync();
        Assert.Empty(File.ReadAllBytes(stage.ServerFile));
    }

    [Fact]
    public async Task Peers_listen_at_the_ports_asked_for()
    {
        await using ClockStage stage = ClockStage.Start();
        var ports = new PortRange(20_000, 20_999);
        using RawClockClient peer = await RawClockClient.ConnectAsync(stage.EndPoint);
        await peer.RegisterAsync();
        Task<ClockRun> run = ClockStage.RunAsync(stage.Options(2, ClockStage.Short) with { PeerPorts = ports });
        await stage.Log.LineWithAsync("client 2 from");
        await peer.FinishAsync();
        RosterPage roster = await peer.WaitForRosterAsync();
        Assert.All(roster.Entries.Skip(1), entry => Assert.InRange(entry.Address.Port, ports.First, ports.Last));
        peer.Dispose();
        await run;
    }

    [Fact]
    public async Task An_exhausted_peer_port_range_is_reported()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        await using ClockStage stage = ClockStage.Start();
        ClockRun run = await ClockStage.RunAsync(
            stage.Options(1, ClockStage.Short) with { PeerPorts = new PortRange(port, port) });
        Assert.Equal($"--peer-ports: no port from {port} to {port} is free", Assert.Single(run.Troubles));
    }

    [Fact]
    public async Task Clients_without_peer_exchange_only_record()
    {
        await using ClockStage stage = ClockStage.Start();
        Task<ClockRun> recording = ClockStage.RunAsync(stage.Options(2, ClockStage.Short) with { Swap = false });
        ClockRun run = await recording;
        Assert.True(run.IsComplete);
        Assert.All(run.Report.Clients, client => Assert.Null(client.Deliveries));
        Assert.False(Directory.Exists(stage.Folder["out/client_0"]));
    }

    [Fact]
    public async Task A_cancelled_client_ends_its_recording_cleanly()
    {
        await using ClockStage stage = ClockStage.Start();
        using var leave = new CancellationTokenSource();
        Task<ClockRun> leaving = stage.RunAsync(1, ClockStage.Long, leave.Token);
        await stage.Log.LineWithAsync("client 0 from");
        await stage.WaitForRowsAsync();
        await leave.CancelAsync();
        ClockRun run = await leaving;
        Assert.False(run.IsComplete);
        Assert.Contains("client 0: left early", Assert.Single(run.Troubles), StringComparison.Ordinal);
        await stage.Log.LineWithAsync("client 0 has left");
        Assert.False(ClockReport.FromFiles([stage.ClientFile(0)]).IsCut);
    }

    [Fact]
    public async Task A_step_of_the_wall_clock_is_seen_and_touches_no_delay()
    {
        await using ClockStage stage = ClockStage.Start();
        var time = new SteppingTime(stepAfter: TimeSpan.FromMilliseconds(500), step: TimeSpan.FromHours(1));
        ClockRun run = await ClockStage.RunAsync(stage.Options(1, TimeSpan.FromSeconds(1)) with { TimeProvider = time });
        ClientReport client = run.Report.Clients[0];
        ClockStep step = Assert.Single(client.Steps);
        Assert.False(step.IsServers);
        Assert.InRange(step.Ns, TimeSpan.FromMinutes(59).Ticks * 100, TimeSpan.FromMinutes(61).Ticks * 100);
        Assert.True(client.Delay!.MaxNs < TimeSpan.FromMinutes(1).Ticks * 100);
    }

    [Theory]
    [InlineData(0, 10, 100, "--clients: 0 is out of bounds; use 1 to 10000")]
    [InlineData(2, 10, 100, "--peer-ports: 2 clients need a port each, the range has 1")]
    [InlineData(1, 0.5, 100, "an interval is 1 ms to 60 s")]
    [InlineData(1, 10, 5, "a duration is one interval to 24 h")]
    public async Task Clock_options_out_of_bounds_are_rejected(
        int clients, double intervalMs, double durationMs, string rule)
    {
        await using ClockStage stage = ClockStage.Start();
        FormatException error = await Assert.ThrowsAsync<FormatException>(() => ClockStage.RunAsync(
            stage.Options(clients, TimeSpan.FromMilliseconds(durationMs)) with
            {
                Interval = TimeSpan.FromMilliseconds(intervalMs),
                PeerPorts = new PortRange(5000, 5000),
            }));
        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Timestamps(string[] lines) =>
        lines[2..^1].Select(line => line[line.IndexOf('\t', StringComparison.Ordinal)..]).Order(StringComparer.Ordinal);

    private static IEnumerable<(uint Id, uint Other)> Pairs(int clients) =>
        from id in Enumerable.Range(0, clients)
        from other in Enumerable.Range(0, clients)
        where id != other
        select ((uint)id, (uint)other);

    [GeneratedRegex(@"^\d+\t127\.0\.0\.1:\d+\t127\.0\.0\.1:\d+\t\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\.\d{6}$")]
    private static partial Regex Row { get; }

    private sealed class SteppingTime(TimeSpan stepAfter, TimeSpan step) : TimeProvider
    {
        private readonly long _begin = System.GetTimestamp();

        public override DateTimeOffset GetUtcNow() =>
            System.GetUtcNow() + (System.GetElapsedTime(_begin) >= stepAfter ? step : TimeSpan.Zero);
    }
}
