using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;

namespace Hawser.Services.Ping.Load;

/// <summary>A loop whose clients open a connection for every ping: one thread with one epoll.</summary>
/// <remarks>
/// The client always closes first, so TIME_WAIT stays on its side and blocks each port for a minute. A source address
/// has some 28,000 ports; 64 loopback addresses provide enough for 30,000 connections a second, without resets or
/// reuse. The kernel keeps at most <c>net.ipv4.tcp_max_tw_buckets</c> sockets in TIME_WAIT and drops the others at
/// once; this applies to every server alike.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class ChurnLoop : ILoadLoop
{
    // 127.0.1.1 and the following addresses.
    private const uint FirstSource = 0x7F000101;
    private const uint Sources = 64;

    // A dropped SYN is retransmitted after a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(0.1);
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly ClientEpoll _epoll = new();
    private readonly PingTimeline _timeline;
    private readonly List<(int Number, ChurnClient Client)> _clients;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the tally: other threads look at it between two batches of events.
    private readonly Lock _gate = new();
    private readonly PingTally _tally = new();
    private int _started;
    private uint _nextSource;
    private long _lookedAt;
    private volatile bool _isAborted;

    /// <param name="options">The load; every server is an <see cref="IPEndPoint"/> of IPv4.</param>
    /// <param name="timeline">Its times.</param>
    /// <param name="index">The loop's number, from 0.</param>
    /// <param name="loops">Number of loops.</param>
    public ChurnLoop(PingLoadOptions options, PingTimeline timeline, int index, int loops)
    {
        _timeline = timeline;
        _nextSource = (uint)index * (Sources / (uint)Math.Min(loops, (int)Sources));
        _clients = [.. Enumerable.Range(0, options.Clients).Where(number => number % loops == index)
            .Select((number, place) => (number, new ChurnClient(this, _epoll, options, number, place)))];
        _thread = new Thread(Run) { Name = $"hawser load {index + 1}", IsBackground = true };
    }

    public Task RunAsync()
    {
        _thread.UnsafeStart();
        return _ended.Task;
    }

    public Task AddToAsync(PingTally total)
    {
        lock (_gate)
            total.Add(_tally);
        return Task.CompletedTask;
    }

    public Task AbortAsync()
    {
        _isAborted = true;
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _isAborted = true;
        if (_thread.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
            _ended.TrySetResult();
        await _ended.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _epoll.Dispose();
    }

    /// <summary>The source address of the next connection.</summary>
    public uint NextSource() => FirstSource + _nextSource++ % Sources;

    /// <summary>Counts a client whose first connection could send, or failed.</summary>
    public void AddConnected() => _timeline.AddConnected(Stopwatch.GetTimestamp());

    /// <summary>Records the time until a connection could send.</summary>
    public void RecordConnect(long begun) => _tally.Connect.Record(NanosecondsSince(begun));

    /// <summary>Records the time until the first pong of a client.</summary>
    public void RecordFirstAnswer(long begun) => _tally.FirstAnswer.Record(NanosecondsSince(begun));

    /// <summary>Records a connection that succeeded.</summary>
    public void RecordSuccess(int client, long begun)
    {
        if (!_timeline.IsMeasured(Stopwatch.GetTimestamp()))
            return;
        long ns = NanosecondsSince(begun);
        _tally.Latency.Record(ns);
        _tally.ServiceTime.Record(ns);
        _tally.RoundTrips[client] = _tally.RoundTrips.GetValueOrDefault(client) + 1;
    }

    /// <summary>Records a connection that failed.</summary>
    public void RecordFailure(int id, string error)
    {
        _tally.FirstError ??= $"client #{id}: {error}";
        if (_timeline.IsMeasured(Stopwatch.GetTimestamp()))
            _tally.Unanswered++;
    }

    private void Run()
    {
        try
        {
            while (!_isAborted && Stopwatch.GetTimestamp() < _timeline.End)
            {
                ReadOnlySpan<int> ready = _epoll.Wait(UntilNextStart());
                lock (_gate)
                {
                    foreach (int place in ready)
                        _clients[place].Client.OnReady();
                    Start();
                    if (Stopwatch.GetElapsedTime(_lookedAt) >= BetweenLooks)
                        Look();
                }
            }
            foreach ((_, ChurnClient client) in _clients)
                client.Leave();
            _ended.SetResult();
        }
        catch (Exception e)
        {
            _ended.SetException(e);
            // The other loops must not wait for clients that never connect.
            _timeline.BeginLoad(Stopwatch.GetTimestamp());
        }
    }

    private TimeSpan UntilNextStart()
    {
        if (_started == _clients.Count)
            return BetweenLooks;
        TimeSpan left = Deadline.At(_timeline.ConnectAt(_clients[_started].Number)).Remaining;
        return left < BetweenLooks ? left : BetweenLooks;
    }

    /// <summary>Starts the clients whose time along the ramp has come.</summary>
    private void Start()
    {
        for (; _started < _clients.Count; _started++)
        {
            (int number, ChurnClient client) = _clients[_started];
            if (Stopwatch.GetTimestamp() < _timeline.ConnectAt(number))
                return;
            _tally.Connected++;
            client.Begin();
        }
    }

    /// <summary>Gives up connections that take too long and restarts failed clients. The delay keeps a dead server from
    /// causing a million attempts.</summary>
    private void Look()
    {
        _lookedAt = Stopwatch.GetTimestamp();
        foreach ((_, ChurnClient client) in _clients.Take(_started))
        {
            if (!client.IsIdle && client.Age > Patience)
                client.Fail($"timed out after {Patience.TotalSeconds} s");
            if (client.IsIdle)
                client.Begin();
        }
    }

    private static long NanosecondsSince(long begun) =>
        (long)((Stopwatch.GetTimestamp() - begun) * NanosecondsPerTick);
}
