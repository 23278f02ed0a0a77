using System.Net;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Client;

/// <summary>Records one client: sends ticks on an absolute schedule, independent of the arrival of replies.</summary>
/// <remarks>Runs on the clients' thread. The due time of the next tick is the deadline of the read, so that one event
/// loop is the timer of all clients.</remarks>
internal sealed class ClockRecorder
{
    // The longest wait between two checks of the cancellation token.
    private const long LongestWaitNs = 250_000_000;

    // The limit on ticks that wait for replies; beyond it, the oldest count as lost.
    private const int MostOutstanding = 65_536;

    private readonly TimeProvider _time;
    private readonly ClockFrames _frames;
    private readonly byte[] _client;
    private readonly byte[] _server;
    private readonly long _intervalNs;
    private readonly long _ticks;
    private readonly TimeDataWriter _rows;
    private readonly ExchangeLogWriter _log;
    private readonly Queue<(uint Tick, ClockReading Sent)> _outstanding = new();
    private TickSchedule _schedule;
    private long _startNs;
    private long _endNs;
    private long _sent;
    private long _answered;

    /// <param name="options">Interval, duration, folder and clocks.</param>
    /// <param name="frames">The connection to the server.</param>
    /// <param name="id">The id that the server assigned.</param>
    /// <param name="client">The local address.</param>
    /// <param name="server">The server's address.</param>
    /// <param name="flusher">Writes the files.</param>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public ClockRecorder(
        ClockClientOptions options, ClockFrames frames, uint id, IPEndPoint client, IPEndPoint server,
        LineFileFlusher flusher)
    {
        _time = options.TimeProvider;
        _frames = frames;
        _client = TimeDataFormat.Endpoint(client);
        _server = TimeDataFormat.Endpoint(server);
        _intervalNs = ClockTiming.ToNanoseconds(options.Interval);
        _ticks = ClockTiming.ToNanoseconds(options.Duration) / _intervalNs;
        Path = TimeDataWriter.ClientPath(options.Folder, id);
        Heading = new ExchangeLogHeading(id, $"{client}", $"{server}", _intervalNs);
        Statistics = new ClockStatistics(_intervalNs);
        var file = new LineFile(Path, options.PendingLimit);
        Start = file.Start;
        _rows = new TimeDataWriter(file, flusher);
        _log = new ExchangeLogWriter(
            new LineFile(ExchangeLogFormat.PathFor(Path), options.PendingLimit), flusher, Heading);
    }

    public string Path { get; }

    /// <summary>The offset of this run in the file.</summary>
    public long Start { get; }

    public ExchangeLogHeading Heading { get; }

    public ClockStatistics Statistics { get; }

    public ExchangeCounts Counts => new(_sent, _answered, _schedule.Missed);

    /// <summary>The rows and lines dropped because the disk stalled, in words; null if none.</summary>
    public string? Lack => (_rows.Dropped, _log.Dropped) is (0, 0)
        ? null
        : $"{Path} lacks {Quantity.FormatCount(_rows.Dropped, "row")} and its companion "
            + $"{Quantity.FormatCount(_log.Dropped, "line")}: the disk stalled";

    /// <summary>The duration recorded so far.</summary>
    public TimeSpan Duration => ClockTiming.FromNanoseconds(Math.Max(0, _endNs - _startNs));

    /// <summary>Records until the end of the last interval, or until <paramref name="leave"/> fires.</summary>
    /// <exception cref="ProtocolException">The server broke a rule or closed the connection.</exception>
    /// <exception cref="ConnectionClosedException">The connection broke.</exception>
    public async Task RunAsync(long startNs, CancellationToken leave)
    {
        _startNs = _endNs = startNs;
        _schedule = new TickSchedule(startNs, _intervalNs, _ticks);
        try
        {
            while (!leave.IsCancellationRequested)
            {
                long now = ClockReading.MonotonicNow(_time);
                if (_schedule.TryTake(now, out long tick))
                    await SendAsync((uint)tick);
                else if (IsOver(now))
                    return;
                else if (!TryTake(await _frames.ReadAsync(NextWake(now))))
                    throw new ProtocolException("the server closed the connection while the client was recording");
            }
        }
        finally
        {
            // The wait for late replies does not count: the recording ends with its last interval.
            _endNs = Math.Min(ClockReading.MonotonicNow(_time), _schedule.EndNs);
        }
    }

    /// <summary>Ends both files.</summary>
    /// <returns>Size and hash of the recording.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public async Task<RecordingDigest> EndAsync()
    {
        Task log = _log.EndAsync(Counts);
        RecordingDigest digest = await _rows.EndAsync(Duration);
        await log;
        return digest;
    }

    private async ValueTask SendAsync(uint tick)
    {
        ClockReading t1 = ClockReading.Now(_time);
        await _frames.SendAsync(
            ClockProtocol.WriteRequest(
                _frames.Room(ClockProtocol.RequestSize), new ExchangeRequest(tick, t1.Since(_startNs))));
        _sent++;
        if (_outstanding.Count == MostOutstanding)
            _outstanding.Dequeue();
        _outstanding.Enqueue((tick, t1));
        _rows.Append(_client, _server, t1.WallNs);
    }

    /// <summary>The next tick or the end, but at most <see cref="LongestWaitNs"/> away.</summary>
    private Deadline NextWake(long now)
    {
        long wake = !_schedule.IsOver ? _schedule.DueNs : now < _schedule.EndNs ? _schedule.EndNs : LastNs;
        return Deadline.After(ClockTiming.FromNanoseconds(Math.Clamp(wake - now, 0, LongestWaitNs)));
    }

    private bool IsOver(long now) =>
        _schedule.IsOver && now >= _schedule.EndNs && (_outstanding.Count == 0 || now >= LastNs);

    private long LastNs => _schedule.EndNs + ClockTiming.ToNanoseconds(ClockTiming.LastReplyPatience);

    /// <returns>False if the server has closed the connection.</returns>
    private bool TryTake(InputState state)
    {
        ClockReading t4 = ClockReading.Now(_time);
        if (state == InputState.TimedOut || (state == InputState.Ready && _frames.Type == ClockMessage.Alive))
            return true;
        if (state != InputState.Ready)
            return false;
        if (_frames.Type == ClockMessage.Goodbye)
        {
            _frames.ReadGoodbye();
            return false;
        }

        ClockProtocol.Rule(
            _frames.Type == ClockMessage.Reply ? null : $"{_frames.Type} is not for a client that records");
        Take(ClockProtocol.ReadReply(_frames.Payload), t4);
        return true;
    }

    private void Take(ExchangeReply reply, ClockReading t4)
    {
        // Replies arrive in order: earlier ticks without one are lost.
        (uint Tick, ClockReading Sent) asked = default;
        while (_outstanding.TryDequeue(out asked) && asked.Tick < reply.Tick)
        {
        }
        if (asked.Tick != reply.Tick || reply.RequestSent != asked.Sent.Since(_startNs))
            throw new ProtocolException($"a reply to tick {reply.Tick}, which was not sent or was answered before");
        _answered++;
        _rows.Append(_server, _client, reply.ReplySent.WallNs);
        Exchange exchange = reply.ReceivedAt(t4.Since(_startNs));
        _log.Append(exchange);
        Statistics.Take(exchange);
    }
}
