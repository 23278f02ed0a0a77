using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Server;

public sealed class ServerRecordingTest : IDisposable
{
    private const long Ms = 1_000_000;
    private const long Epoch = 1_795_155_437_000_000_000;

    private static readonly byte[] Server = "10.0.0.1:5555"u8.ToArray();

    private readonly TemporaryFolder _folder = new();
    private readonly SteppedTime _time = new();
    private readonly LineFile _file;
    private readonly ServerRecording _recording;

    public ServerRecordingTest()
    {
        _file = new LineFile(_folder["serverTimeData.txt"]);
        _recording = new ServerRecording(_time, _file, flusher: null);
    }

    [Fact]
    public void Rows_stand_in_order_of_time_whatever_the_order_of_the_exchanges()
    {
        _recording.Join();
        // The first has travelled for 400 ms when the others have long been answered.
        Exchange(client: 3, askedMs: 700, answeredMs: 710);
        Exchange(client: 4, askedMs: 705, answeredMs: 720);
        Exchange(client: 2, askedMs: 500, answeredMs: 900);
        End();
        Assert.Equal([500, 700, 705, 710, 720, 900], Milliseconds());
    }

    [Fact]
    public void A_request_precedes_its_response_despite_hours_of_clock_offset()
    {
        _recording.Join();
        Exchange(client: 2, askedMs: 3_600_000, answeredMs: 10);
        Exchange(client: 3, askedMs: -3_600_000, answeredMs: 20);
        End();
        TimeDataRun run = Assert.Single(Read());
        Assert.Equal(["10.0.0.2:40000", "10.0.0.3:40000"], run.Pairings.Select(pairing => pairing.Client).Order());
    }

    [Fact]
    public void A_row_is_held_back_for_a_second_and_no_longer()
    {
        _recording.Join();
        Exchange(client: 2, askedMs: 0, answeredMs: 0);
        _time.Advance(ServerRecording.HoldNs - 1);
        _file.Flush();
        Assert.Empty(Read());
        _time.Advance(1);
        _file.Flush();
        Assert.Equal((TimeDataEnding.Cut, 2), (Read()[0].Ending, Read()[0].Rows));
    }

    [Fact]
    public void A_run_ends_with_its_longest_duration_when_the_last_client_leaves()
    {
        foreach (string duration in (string[])["5 minutes", "5 minutes"])
        {
            _recording.Join();
            _recording.Join();
            Exchange(client: 2, askedMs: 0, answeredMs: 0);
            _recording.Leave(TimeSpan.FromMinutes(5));
            Exchange(client: 3, askedMs: 0, answeredMs: 0);
            _recording.Leave(TimeSpan.FromMinutes(4));
            _file.Flush();
            Assert.Equal((TimeDataEnding.Whole, 4, duration), (Read()[^1].Ending, Read()[^1].Rows, Read()[^1].Duration));
        }

        Assert.Equal(2, Read().Count);
    }

    [Fact]
    public void Clients_that_record_nothing_leave_no_run()
    {
        _recording.Join();
        _recording.Leave(TimeSpan.Zero);
        _file.Flush();
        Assert.Empty(Read());
    }

    [Fact]
    public void Beyond_the_limit_of_held_rows_whole_exchanges_are_dropped_and_counted()
    {
        using var file = new LineFile(_folder["full.txt"]);
        var recording = new ServerRecording(_time, file, flusher: null) { MostHeld = 2 };
        recording.Join();
        for (int tick = 0; tick < 4; tick++)
            recording.Append("10.0.0.2:40000"u8.ToArray(), Server, default);
        Assert.Equal(6, recording.Dropped);
    }

    [Fact]
    public void A_run_whose_every_line_was_dropped_ends_and_the_next_is_recorded()
    {
        using var file = new LineFile(_folder["stalled.txt"], pendingLimit: 350);
        var recording = new ServerRecording(_time, file, flusher: null);
        file.Append("stalled\n"u8);
        file.Append(System.Text.Encoding.ASCII.GetBytes(new string('x', 300) + "\n"));
        Run();
        Assert.Equal(2, recording.Dropped);
        Run();
        Assert.Equal(3, recording.Dropped);

        void Run()
        {
            recording.Join();
            recording.Append("10.0.0.2:40000"u8.ToArray(), Server, default);
            recording.Leave(TimeSpan.Zero);
            file.Flush();
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    private void End()
    {
        Task<RecordingDigest> ended = _recording.EndAsync();
        _file.Flush();
        Assert.True(ended.IsCompletedSuccessfully);
    }

    private void Exchange(int client, long askedMs, long answeredMs) => _recording.Append(
        System.Text.Encoding.ASCII.GetBytes($"10.0.0.{client}:40000"), Server, new ExchangeReply(
            0,
            new(Epoch + (askedMs * Ms), 0),
            new(Epoch + (answeredMs * Ms), answeredMs * Ms),
            new(Epoch + (answeredMs * Ms), answeredMs * Ms)));

    private IReadOnlyList<TimeDataRun> Read()
    {
        using var file = new FileStream(
            _folder["serverTimeData.txt"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return TimeDataReader.Read(file);
    }

    private IEnumerable<int> Milliseconds() =>
        File.ReadLines(_folder["serverTimeData.txt"]).Skip(2).SkipLast(1)
            .Select(row => int.Parse(row[(row.LastIndexOf('.') + 1)..]) / 1000);
}
