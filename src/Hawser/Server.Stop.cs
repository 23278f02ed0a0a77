using System.Net.Sockets;

namespace Hawser;

/// <content>How the server pauses and stops.</content>
public sealed partial class Server
{
    // Aborted handlers get this long before they are reported as stuck.
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);

    // After the stop, layers get this long to read input that has arrived.
    private static readonly TimeSpan ReadingGrace = TimeSpan.FromMilliseconds(250);

    private readonly TaskCompletionSource _drainCut = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Stops accepting, notifies handlers, waits for the drain timeout and aborts the rest. Idempotent. A
    /// handler must not await it, because it would wait for itself.</summary>
    /// <param name="cutShort">Ends the drain timeout early, for a host with a time limit of its own.</param>
    /// <returns>How the connections ended.</returns>
    public Task<DrainReport> StopAsync(CancellationToken cutShort = default)
    {
        if (Interlocked.Exchange(ref _stopBegun, 1) == 0)
            BeginStop();
        return cutShort.CanBeCanceled ? CutShortAsync(cutShort) : _drained.Task;
    }

    /// <summary>Stops accepting, for another process to go on: when this returns, no accept is under way. Accepted
    /// connections are served. From now on <see cref="StopAsync"/> leaves the sockets open to the other process, and
    /// connections wait in the kernel meanwhile.</summary>
    /// <returns>The listening sockets, to be passed on and not to be closed; none after the stop.</returns>
    public IReadOnlyList<Socket> PauseAccepting() => _listeners.Pause();

    /// <summary>Accepts again after <see cref="PauseAccepting"/>.</summary>
    public void ResumeAccepting() => _listeners.Resume();

    /// <summary>Accepts connections that the kernel has reported to another process with the same sockets
    /// (EPOLLEXCLUSIVE, epoll_ctl(2)).</summary>
    public void AcceptPending() => _listeners.LookAgain();

    private void BeginStop()
    {
        // Connections that end from now on count as ended by the stop.
        int open = Connections;
        _scope.Guard(_listeners.Close);
        _scope.CancelHere(_closing);
        // Handlers' callbacks may block: the drain timeout starts without them.
        _scope.Cancel(_stopping);
        // Custom transports may block: they must not delay the drain timeout either.
        _ = OnScheduler(StopConnectionsAsync);
        _ = OnScheduler(() => DrainAsync(open));
        AcceptNoMore();
    }

    private async Task<DrainReport> CutShortAsync(CancellationToken cutShort)
    {
        using CancellationTokenRegistration cut = cutShort.UnsafeRegister(
            static cut => ((TaskCompletionSource)cut!).TrySetResult(), _drainCut);
        return await _drained.Task;
    }

    private async Task StopConnectionsAsync()
    {
        foreach (Connection connection in _connections.Values)
            _scope.Guard(connection.Stop);
        await EndIfSilentAsync(_connections.Values);
    }

    /// <summary>Ends connections whose layers wait for a first byte.</summary>
    private async Task EndIfSilentAsync(ICollection<Connection> connections)
    {
        // By then the input from before the stop has been read.
        await Task.Delay(ReadingGrace, _options.TimeProvider);
        foreach (Connection connection in connections)
            _scope.Guard(connection.EndIfSilent);
    }

    private Task OnScheduler(Func<Task> body) => Task.Factory.StartNew(
        body, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _options.Scheduler).Unwrap();

    private async Task DrainAsync(int open)
    {
        int aborted = 0;
        if (!await EndsWithin(_limits.DrainTimeout, _drainCut.Task))
        {
            aborted = Connections;
            _drainIsOver = true;
            // Each by itself: one whose socket is in use, as by a disk that hangs, must not hold up the others.
            foreach (Connection connection in _connections.Values)
            {
                _ = OnScheduler(() =>
                {
                    AbortUndrained(connection);
                    return Task.CompletedTask;
                });
            }
            await EndsWithin(AbortGrace, cut: null);
        }
        int stuck = Connections;
        _allEnded.TrySetResult();
        var report = new DrainReport(Math.Max(0, open - aborted), aborted - Math.Min(stuck, aborted), stuck);
        _observer.Drained(report);
        _drained.SetResult(report);
    }

    private void AbortUndrained(Connection connection) =>
        _scope.Guard(() => connection.Abort(CloseReason.DrainTimeout));

    /// <returns>False if the time passes, or <paramref name="cut"/> completes, first.</returns>
    private async Task<bool> EndsWithin(TimeSpan timeout, Task? cut)
    {
        var result = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        TimeSpan bounded = timeout < Deadline.LongestTimer ? timeout : Timeout.InfiniteTimeSpan;
        using ITimer timer = _options.TimeProvider.CreateTimer(
            _ => result.TrySetResult(false), null, bounded, Timeout.InfiniteTimeSpan);
        _ = SetAfterAsync(_allEnded.Task, true);
        if (cut is not null)
            _ = SetAfterAsync(cut, false);
        return await result.Task;

        // Not Task.WhenAny, which continues on the thread pool, whatever the scheduler.
        async Task SetAfterAsync(Task first, bool hasEnded)
        {
            await first;
            result.TrySetResult(hasEnded);
        }
    }
}
