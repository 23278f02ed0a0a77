using System.Net;
using System.Net.Sockets;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Client;

/// <summary>One client, from Hello to Goodbye: registers, records, waits for the roster, swaps recordings and reports
/// results.</summary>
/// <remarks>Runs on the clients' thread; the swap runs on the thread pool.</remarks>
internal sealed class ClockClient(
    int place, ClockClientOptions options, ClientLoop loop, LineFileFlusher flusher, StartBarrier start, TextWriter log)
{
    private bool _isReady;

    /// <summary>The measured figures; null if the recording did not begin.</summary>
    public ClientReport? Report { get; private set; }

    /// <summary>The error; null if there was none.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Runs to the end. Errors of the server and of peers become <see cref="Trouble"/>.</summary>
    public async Task RunAsync(CancellationToken leave)
    {
        try
        {
            await using Connection connection = await loop.ConnectAsync(
                options.Server, new DialOptions { Layers = options.Layers });
            if (connection is not { LocalEndPoint: IPEndPoint local, RemoteEndPoint: IPEndPoint remote })
                throw new ProtocolException("the clock is served over TCP alone");
            await using PeerListener? listener = options.Swap ? PeerListener.Open(local.Address, options.PeerPorts, place) : null;
            await RunAsync(connection, local, remote, listener, leave);
        }
        catch (Exception e) when (IsOfOthers(e))
        {
            Trouble ??= Report?.ClientId is { } id ? $"client {id}: {e.Message}" : e.Message;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            Trouble = $"left before the server {options.Server} answered";
        }
        finally
        {
            Arrive();
        }
    }

    private async Task RunAsync(
        Connection connection, IPEndPoint local, IPEndPoint remote, PeerListener? listener, CancellationToken leave)
    {
        var frames = new ClockFrames(connection);
        using var watchdog = new ProgressWatchdog(connection, ClockTiming.StallOf(options.Interval));
        uint id = await RegisterAsync(frames, listener, leave);
        // A thousand clients create two thousand files: too slow for the thread they share.
        ClockRecorder recorder = await Task.Run(() => new ClockRecorder(options, frames, id, local, remote, flusher));
        Arrive();
        long startNs = await WaitForStartAsync(frames);
        (RecordingDigest digest, bool isServerThere) = await RecordAsync(recorder, startNs, leave);
        if (!isServerThere)
            return;
        if (leave.IsCancellationRequested)
        {
            Add($"client {id}: left early, after {TimeDataFormat.Wording(recorder.Duration)}");
            await frames.SendGoodbyeAsync(new Goodbye(GoodbyeReason.Leaving));
            await connection.FinishWritingAsync();
            return;
        }
        var session = new ClockSessionClient(
            id, options, remote.Address, frames, digest, recorder.Counts, leave);
        await session.RunAsync(listener, new OwnRecording(recorder.Path, digest, recorder.Start));
        await connection.FinishWritingAsync();
        Report = Report! with { Deliveries = session.Deliveries };
        if (session.Trouble is { } trouble)
            Add(trouble);
        if (session.Deliveries is { } has)
            log.WriteLine($"client {id} has {has.Delivered} of {has.Expected} recordings of others");
    }

    private async Task<uint> RegisterAsync(ClockFrames frames, PeerListener? listener, CancellationToken leave)
    {
        Hello hello = options.ToHello(listener?.Port ?? 0);
        await frames.SendAsync(ClockProtocol.WriteHello(frames.Room(ClockProtocol.HelloSize), hello));
        InputState state = await frames.ReadAsync(Deadline.After(ClockTiming.AnswerPatience), leave);
        if (state != InputState.Ready)
        {
            throw new ProtocolException(state == InputState.TimedOut
                ? $"the server {options.Server} accepted the connection and sent nothing for "
                    + $"{ClockTiming.AnswerPatience.TotalSeconds} s; does it serve one client after the other?"
                : $"the server {options.Server} closed the connection without an answer; is it a clock server?");
        }
        if (frames.Type == ClockMessage.Refused)
        {
            RefusalReason reason = ClockProtocol.ReadRefused(frames.Payload);
            throw new ProtocolException(reason == RefusalReason.OtherSession
                ? $"the server {options.Server} serves another session; name its own with --session or --session-file"
                : $"the server {options.Server} accepts no clients now ({reason})");
        }
        if (frames.Type == ClockMessage.Goodbye)
            frames.ReadGoodbye();
        ClockProtocol.Rule(
            frames.Type == ClockMessage.Welcome ? null : $"a server begins with Welcome, not {frames.Type}");
        return ClockProtocol.ReadWelcome(frames.Payload).ClientId;
    }

    /// <summary>Waits for the other clients of this process and renews the lease meanwhile.</summary>
    private async Task<long> WaitForStartAsync(ClockFrames frames)
    {
        Task<long> line = start.WaitAsync(place);
        while (await Task.WhenAny(line, Task.Delay(ClockTiming.LookPeriod)) != line)
            await frames.AskAsync();
        return await line;
    }

    private async Task<(RecordingDigest Digest, bool IsServerThere)> RecordAsync(
        ClockRecorder recorder, long startNs, CancellationToken leave)
    {
        bool isServerThere = true;
        try
        {
            await recorder.RunAsync(startNs, leave);
        }
        catch (Exception e) when (IsOfOthers(e))
        {
            isServerThere = false;
            Trouble = $"client {recorder.Heading.ClientId}: recorded only "
                + $"{TimeDataFormat.Wording(recorder.Duration)}: {e.Message}";
        }
        Report = ClientReport.Of(recorder.Heading, recorder.Counts, recorder.Statistics);
        RecordingDigest digest = await recorder.EndAsync();
        if (recorder.Lack is { } lack)
            Add($"client {recorder.Heading.ClientId}: {lack}");
        return (digest, isServerThere);
    }

    private void Add(string trouble) => Trouble = Trouble is null ? trouble : $"{Trouble}; {trouble}";

    private void Arrive()
    {
        if (!_isReady)
            start.Arrive();
        _isReady = true;
    }

    private static bool IsOfOthers(Exception e) =>
        e is IOException or ProtocolException or UnauthorizedAccessException or SocketException;
}
