using System.Buffers;
using System.Net;

namespace Hawser.Tests.Simulation;

/// <summary>One client of a simulated server: what it does, and what the server must have done for it.</summary>
internal abstract class Conversation
{
    // A quarter of a second is promised; the rest allows for late timers and a busy scheduler.
    private static readonly TimeSpan LongestUnnoticedReset = TimeSpan.FromMilliseconds(300);

    private readonly TimeSpan _connectsAt;
    private long _arrivedAtStop = long.MaxValue;
    private int _timesAccepted;
    private int _timesClosed;
    private CloseReason _reason;
    private bool _peerHadFinished;
    private bool _drainHadPassed;
    private bool _wasIdle;
    private TimeSpan? _noticedResetAfter;

    protected Conversation(SimulatedRun run, int number)
    {
        Run = run;
        (SimulatedEnd client, SimulatedEnd server) = SimulatedEnd.CreatePair(run.Scheduler, run.Trace, number);
        Client = new SimulatedClient(client);
        Transport = new SimulatedTransport(
            server, run.Scheduler, run.Trace, new IPEndPoint(IPAddress.Loopback, number),
            () => run.InterruptsShutInput);
        _connectsAt = run.Scheduler.Draw(TimeSpan.FromMilliseconds(200));
        Manners = run.Scheduler.Random.GetItems(Enum.GetValues<ClientManners>(), 1)[0];
    }

    public SimulatedTransport Transport { get; }

    protected SimulatedRun Run { get; }

    protected SimulatedClient Client { get; }

    protected ClientManners Manners { get; }

    protected string Name => Transport.End.Name;

    /// <summary>The drain time passed, or the client reset: the server owes no more answers.</summary>
    protected bool IsExcused => _drainHadPassed || Client.HasReset;

    /// <summary>Bytes that had arrived at the server when it was stopped. It owes every message that begins in
    /// them.</summary>
    protected long BytesOwed => _timesAccepted == 0 || IsExcused ? 0 : _arrivedAtStop;

    /// <summary>Runs the client, from its connect to its close.</summary>
    public async Task PlayAsync()
    {
        await PauseAsync(_connectsAt);
        Run.Model.Connect(Transport);
        if (Manners == ClientManners.Resets)
            Run.Scheduler.At(Run.Scheduler.Now + Run.Scheduler.Draw(TimeSpan.FromMilliseconds(100)), Client.Reset);
        await Task.WhenAll(WriteLaterAsync(), ReadAsync());
        Client.Close();
    }

    /// <summary>Serves the connection by the handler under test.</summary>
    public async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        try
        {
            await HandleAsync(connection, stopping);
        }
        finally
        {
            _peerHadFinished = Transport.End.PeerHasFinished;
            _noticedResetAfter = Run.Scheduler.Now - Transport.End.BrokenAt;
            _wasIdle = Run.Scheduler.Now - Transport.End.LastMove >= Run.Limits.IdleTimeout;
        }
    }

    public void Accepted() => _timesAccepted++;

    public void Closed(CloseReason reason)
    {
        _timesClosed++;
        _reason = reason;
        _drainHadPassed = Run.DrainHasPassed;
    }

    /// <summary>Notes what has arrived when the stop begins.</summary>
    public void Stopping() => _arrivedAtStop = Transport.End.Arrived;

    /// <summary>The promises that the server broke.</summary>
    public IEnumerable<string> Violations()
    {
        if (_timesAccepted > 1 || _timesClosed != _timesAccepted)
            yield return $"{Name} was accepted {_timesAccepted} times and closed {_timesClosed} times";
        if (Transport.IsTaken && !Transport.IsClosed)
            yield return $"{Name} was never closed";
        if (_timesAccepted == 1 && !IsSensible(_reason))
            yield return $"{Name} was closed as {_reason}, which did not happen";
        // A client that sends its next message during the stop may be reset for it, but gets the answers it is owed.
        if (_timesAccepted == 1 && Client.SawReset && !IsExcused && _reason != CloseReason.ServerStopping)
            yield return $"{Name} was reset without a fault of the client";
        if (_noticedResetAfter > LongestUnnoticedReset)
            yield return $"{Name} noticed its peer's reset after {_noticedResetAfter}";
        foreach (string violation in ConversationViolations())
            yield return $"{Name} {violation}";
    }

    protected abstract Task HandleAsync(Connection connection, CancellationToken stopping);

    protected abstract Task WriteAsync();

    protected abstract Task ReadAsync();

    protected abstract IEnumerable<string> ConversationViolations();

    /// <summary>Sends in pieces, with pauses.</summary>
    /// <returns>False when the conversation is over before all of it was sent.</returns>
    protected async Task<bool> SendAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            int piece = 1 + Run.Scheduler.Random.Next(data.Length);
            if (!await Client.SendAsync(data[..piece]))
                return false;
            data = data[piece..];
            if (Run.Scheduler.OneIn(4))
                await PauseAsync(Run.Scheduler.Draw(TimeSpan.FromMilliseconds(10)));
        }
        return true;
    }

    /// <summary>Receives to the end, sometimes slowly.</summary>
    protected async Task ReceiveToEndAsync(IBufferWriter<byte> to)
    {
        byte[] buffer = new byte[1 + Run.Scheduler.Random.Next(300)];
        int received;
        while ((received = await Client.ReceiveAsync(buffer)) > 0)
        {
            to.Write(buffer.AsSpan(0, received));
            if (Run.Scheduler.OneIn(6))
                await PauseAsync(Run.Scheduler.Draw(TimeSpan.FromMilliseconds(10)));
        }
    }

    /// <summary>Waits until the server ends the conversation.</summary>
    protected async Task AwaitEndAsync()
    {
        while (!Client.IsOver)
            await Client.ChangeAsync();
    }

    protected Task PauseAsync(TimeSpan pause) => Task.Delay(pause, Run.Time);

    private async Task WriteLaterAsync()
    {
        if (Run.Scheduler.OneIn(3))
            await PauseAsync(Run.Scheduler.Draw(TimeSpan.FromMilliseconds(100)));
        await WriteAsync();
    }

    private bool IsSensible(CloseReason reason) => reason switch
    {
        CloseReason.PeerFinished => _peerHadFinished,
        CloseReason.Truncated => _peerHadFinished && Manners == ClientManners.FinishesMidMessage,
        CloseReason.PeerReset => Client.HasReset,
        CloseReason.ServerStopping => Run.HasBeenStopped,
        CloseReason.DrainTimeout => _drainHadPassed && !Run.DrainSuffices,
        CloseReason.IdleTimeout => _wasIdle,
        _ => false,
    };
}
