using System.Diagnostics.Metrics;
using System.Net;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Server;

/// <summary>The clock server: answers every tick with its own time, records both, and sends the roster when all clients
/// have finished recording. Recordings do not pass through it.</summary>
internal sealed class ClockHandler : IConnectionHandler, IAsyncDisposable
{
    private readonly ClockLeases _leases;
    private readonly LineFileFlusher _flusher = new();
    private readonly TextWriter _log;
    private readonly TextWriter _errors;
    private readonly string _path;
    private readonly SessionKey? _session;
    private Task? _ended;

    /// <param name="folder">The folder of the recording; created if missing.</param>
    /// <param name="log">Receives a line per client that joins, finishes or leaves, and per completed session.</param>
    /// <param name="errors">Receives a line if the recording fails, reaches its limit or drops rows.</param>
    /// <param name="time">The server's clocks.</param>
    /// <param name="session">The only session to serve; null for any.</param>
    /// <param name="recordingLimit">The size limit of the recording, in bytes.</param>
    /// <param name="pendingLimit">The size limit of data waiting for the disk, in bytes.</param>
    /// <param name="meter">Has the counter of exchanges; null for none.</param>
    /// <exception cref="IOException">The recording cannot be opened.</exception>
    public ClockHandler(
        string folder, TextWriter log, TextWriter errors, TimeProvider time, SessionKey? session = null,
        long recordingLimit = ClockLimits.ServerRecordingBytes, int pendingLimit = LineFile.ServerPendingLimit,
        Meter? meter = null)
    {
        Exchanges = meter?.CreateCounter<long>("hawser.clock.exchanges", "{exchange}", "Ticks answered.");
        _log = log;
        _errors = errors;
        _path = TimeDataWriter.ServerPath(folder);
        _session = session;
        Time = time;
        Register = new ClockRegister(time);
        var file = new LineFile(_path, pendingLimit);
        void TellThatItIsFull() => errors.WriteLine(
            $"ERROR: {_path} has reached --recording-limit, {recordingLimit} bytes; "
            + "ticks are answered and no longer recorded");
        Recording = new ServerRecording(time, file, _flusher, recordingLimit, TellThatItIsFull);
        file.Closed.ContinueWith(
            failed => errors.WriteLine($"ERROR: {failed.Exception!.InnerException!.Message}; the recording is cut, "
                + "the exchange goes on"),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _leases = new ClockLeases(time);
    }

    public TimeProvider Time { get; }

    public ClockRegister Register { get; }

    public ServerRecording Recording { get; }

    /// <summary>Counts ticks answered.</summary>
    public Counter<long>? Exchanges { get; }

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        if (connection is not { LocalEndPoint: IPEndPoint local, RemoteEndPoint: IPEndPoint remote })
            throw new ProtocolException("the clock is served over TCP alone");
        var frames = new ClockFrames(connection);
        try
        {
            await ServeAsync(connection, frames, local, remote, stopping);
        }
        catch (ProtocolException e) when (e.Reason == CloseReason.ProtocolError)
        {
            await frames.SendGoodbyeAsync(new Goodbye(GoodbyeReason.BrokenRule, e.Message));
            throw;
        }
    }

    /// <summary>Logs the deliveries of a completed session.</summary>
    public void Tell(SessionSummary? summary)
    {
        if (summary is not null)
            _log.WriteLine(summary.ToText().TrimEnd());
    }

    /// <summary>Logs the counts of a client's Done.</summary>
    public void Tell(ClockMember member, RecordingDone done) => _log.WriteLine(
        $"client {member.Id} is done: {DurationText.Count(done.Answered)} exchanges, "
        + $"{DurationText.Count(done.Missed)} missed, {DurationText.Count(done.Sent - done.Answered)} lost");

    /// <summary>Ends the recording with its last line.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended ??= EndAsync();
        await _ended;
    }

    private async Task ServeAsync(
        Connection connection, ClockFrames frames, IPEndPoint local, IPEndPoint remote, CancellationToken stopping)
    {
        InputState state = await frames.ReadAsync(Deadline.After(ClockTiming.AnswerPatience));
        ClockProtocol.Rule(state == InputState.TimedOut
            ? $"Hello comes within {ClockTiming.AnswerPatience.TotalSeconds} s" : null);
        if (state != InputState.Ready)
            return;
        Hello hello = ReadHello(frames);
        bool isOther = _session is { } only && hello.Session != only;
        ClockMember? member =
            stopping.IsCancellationRequested || isOther ? null : Register.Join(hello, remote.Address);
        if (member is null)
        {
            RefusalReason reason = stopping.IsCancellationRequested ? RefusalReason.Stopping
                : isOther ? RefusalReason.OtherSession
                : RefusalReason.Full;
            await frames.SendAsync(ClockProtocol.WriteRefused(frames.Room(1), reason));
            return;
        }
        _log.WriteLine($"client {member.Id} from {remote}: every {DurationText.Short(hello.IntervalNs)} "
            + $"for {TimeDataFormat.Wording(TimeSpan.FromTicks(hello.DurationNs / TimeSpan.NanosecondsPerTick))}");
        try
        {
            TimeSpan lease = ClockTiming.LeaseOf(hello);
            using ClockLease held = _leases.Grant(connection, lease, ClockTiming.StayOf(hello));
            await new ClockConversation(this, member, frames, held, local, remote).RunAsync(lease);
        }
        finally
        {
            Tell(Register.Leave(member));
            if (member.Done is null)
                _log.WriteLine($"client {member.Id} has left");
        }
    }

    private async Task EndAsync()
    {
        _leases.Dispose();
        try
        {
            await Recording.EndAsync();
            if (Recording.Dropped is > 0 and long dropped)
                _errors.WriteLine($"ERROR: {_path} lacks {Quantity.FormatCount(dropped, "row")}: the disk stalled");
        }
        catch (IOException)
        {
            // The constructor's continuation has printed the error.
        }
        _flusher.Dispose();
    }

    private static Hello ReadHello(ClockFrames frames)
    {
        ClockProtocol.Rule(
            frames.Type == ClockMessage.Hello ? null : $"a client begins with Hello, not with {frames.Type}");
        return ClockProtocol.ReadHello(frames.Payload);
    }
}
