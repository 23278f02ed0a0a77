using System.Net.Sockets;
using Hawser.DescriptorUse;
using Hawser.Transports;

namespace Hawser.Accepting;

/// <summary>Sheds connections when no descriptor, thread or memory is left: accepts the waiting ones with a reserved
/// descriptor and resets them, so that their clients know, then backs off. An orderly end could pass for an
/// answer.</summary>
internal sealed class Shedder : IDisposable
{
    // Bounds a try, so that a stream of clients cannot occupy the loop.
    private const int ShedAtOnce = 256;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // An episode ends when nothing was shed for so long: a server that is full accepts one for each that leaves, and one
    // that nobody calls any more accepts none.
    private static readonly TimeSpan QuietEnd = TimeSpan.FromSeconds(1);

    private readonly ListenerSet _listeners;
    private readonly IServerObserver _observer;
    private readonly TimeProvider _time;
    private readonly Func<bool> _hasRoom;
    private readonly ITimer _quiet;
    private readonly Lock _gate = new();
    private Task _shedding = Task.CompletedTask;
    private TimeSpan _pause = TimeSpan.Zero;
    private bool _isReported;
    private long _shed;
    private long _totalShed;
    private long _episodes;

    /// <param name="listeners">Have the waiting connections.</param>
    /// <param name="observer">Is told of episodes.</param>
    /// <param name="time">Measures pauses.</param>
    /// <param name="hasRoom">Whether there are descriptors and memory for another connection.</param>
    public Shedder(ListenerSet listeners, IServerObserver observer, TimeProvider time, Func<bool> hasRoom)
    {
        _hasRoom = hasRoom;
        _listeners = listeners;
        _observer = observer;
        _time = time;
        _quiet = time.CreateTimer(
            static shedder => ((Shedder)shedder!).EndEpisode(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Connections shed since the start.</summary>
    public long TotalShed => Volatile.Read(ref _totalShed);

    /// <summary>Episodes reported since the start.</summary>
    public long Episodes => Volatile.Read(ref _episodes);

    /// <summary>Sheds waiting connections, then pauses. Of several accept loops one sheds; the others wait for
    /// it.</summary>
    /// <param name="what">The exhausted resource.</param>
    /// <param name="hasReset">An accepted connection was reset for the same reason: it counts as shed.</param>
    /// <param name="stopping">Ends the pause.</param>
    public Task ShedAsync(string what, bool hasReset, CancellationToken stopping)
    {
        lock (_gate)
        {
            if (hasReset)
                CountShed();
            if (_shedding.IsCompleted)
                _shedding = ShedWaitingAsync(what, stopping);
            return _shedding;
        }
    }

    /// <summary>Pauses like <see cref="ShedAsync"/>, but sheds nothing: for errors that say nothing about waiting
    /// clients. Warns once per episode.</summary>
    public Task PauseAsync(string error, CancellationToken stopping)
    {
        lock (_gate)
        {
            if (_pause == TimeSpan.Zero)
                _observer.Warned($"cannot accept: {error}; trying again");
            if (_shedding.IsCompleted)
                _shedding = BackOffAsync(stopping);
            return _shedding;
        }
    }

    /// <summary>A connection was accepted normally. After a second without another pause, the episode ends.</summary>
    public void Recovered()
    {
        if (_pause == TimeSpan.Zero)
            return;
        lock (_gate)
        {
            _pause = TimeSpan.Zero;
            _quiet.Change(QuietEnd, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _quiet.Dispose();

    private void EndEpisode()
    {
        long shed;
        lock (_gate)
        {
            if (!_hasRoom())
            {
                _quiet.Change(QuietEnd, Timeout.InfiniteTimeSpan);
                return;
            }
            _pause = TimeSpan.Zero;
            if (!_isReported)
                return;
            _isReported = false;
            shed = _shed;
            _shed = 0;
        }
        _observer.Recovered(shed);
    }

    private async Task ShedWaitingAsync(string what, CancellationToken stopping)
    {
        DescriptorReserve.Shared.Lend();
        try
        {
            ShedWaiting();
            if (!_isReported)
            {
                Interlocked.Increment(ref _episodes);
                _observer.Exhausted(what);
            }
            _isReported = true;
            // The reserve stays free during the pause, because the runtime needs descriptors for new threads.
            await BackOffAsync(stopping);
        }
        finally
        {
            DescriptorReserve.Shared.TakeBack();
        }
    }

    private void ShedWaiting()
    {
        try
        {
            for (int shed = 0; shed < ShedAtOnce && _listeners.TryTakeWaiting(out AcceptedSocket waiting); shed++)
            {
                SocketTransports.Reset(waiting.Socket);
                CountShed();
            }
        }
        catch (SocketException)
        {
            // Another thread took the descriptor: these clients wait for the next try.
        }
    }

    /// <summary>Pauses without blocking a thread, each time longer within an episode.</summary>
    private async Task BackOffAsync(CancellationToken stopping)
    {
        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        _quiet.Change(_pause + QuietEnd, Timeout.InfiniteTimeSpan);
        await Task.Delay(_pause, _time, stopping).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private void CountShed()
    {
        _listeners.ReturnPlace();
        _shed++;
        Interlocked.Increment(ref _totalShed);
    }
}
