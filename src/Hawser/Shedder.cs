using System.Net.Sockets;
using Hawser.Transports;
using Microsoft.Win32.SafeHandles;

namespace Hawser;

/// <summary>What the accept loop does when no descriptor, thread or memory is left: takes the waiting connections,
/// with a descriptor kept in reserve, and closes them at once, so that their clients know, then waits a little longer
/// each time.</summary>
internal sealed class Shedder : IDisposable
{
    // Clients that keep coming must not keep the loop: the rest waits for the next try.
    private const int ShedAtOnce = 256;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // One to accept with, the others for the runtime, which ends the process when it cannot start a thread of its own.
    private const int ReserveDescriptors = 8;

    private readonly ListenerSet _listeners;
    private readonly IServerObserver _observer;
    private readonly TimeProvider _time;
    private readonly SafeFileHandle?[] _reserve = new SafeFileHandle?[ReserveDescriptors];
    private readonly Lock _gate = new();
    private Task _shedding = Task.CompletedTask;
    private TimeSpan _pause = TimeSpan.Zero;
    private long _shed;

    public Shedder(ListenerSet listeners, IServerObserver observer, TimeProvider time)
    {
        _listeners = listeners;
        _observer = observer;
        _time = time;
        TakeReserve();
        DescriptorBudget.Shared.Measure();
    }

    /// <summary>Sheds what waits, then pauses. Of several accept loops one does, and the others
    /// wait with it.</summary>
    /// <param name="what">The exhausted resource.</param>
    /// <param name="last">Shed as well: a connection that is taken and cannot be kept.</param>
    /// <param name="stopping">Ends the pause.</param>
    public Task ShedAsync(string what, Transport? last, CancellationToken stopping)
    {
        lock (_gate)
        {
            if (last is not null)
            {
                last.Close();
                CountShed();
            }
            if (_shedding.IsCompleted)
                _shedding = ShedWaitingAsync(what, stopping);
            return _shedding;
        }
    }

    /// <summary>A connection was accepted in the ordinary way: the episode, if there was one, is over.</summary>
    public void Recovered()
    {
        if (_pause == TimeSpan.Zero)
            return;
        lock (_gate)
        {
            if (_pause == TimeSpan.Zero)
                return;
            _pause = TimeSpan.Zero;
            _observer.Recovered(_shed);
            _shed = 0;
        }
    }

    public void Dispose() => ReleaseReserve();

    private async Task ShedWaitingAsync(string what, CancellationToken stopping)
    {
        ReleaseReserve();
        try
        {
            for (int shed = 0; shed < ShedAtOnce && _listeners.TryTakeWaiting(out AcceptedSocket waiting); shed++)
            {
                waiting.Socket.Dispose();
                CountShed();
            }
        }
        catch (SocketException)
        {
            // Another thread was faster and took the descriptor: these clients wait until the next try.
        }
        // The reserve stays free during the pause: the runtime itself dies without a descriptor for a new thread.
        await BackOffAsync(what, stopping);
        TakeReserve();
    }

    /// <summary>Pauses, each time longer within one episode, without a thread being blocked.</summary>
    private async Task BackOffAsync(string what, CancellationToken stopping)
    {
        if (_pause == TimeSpan.Zero)
            _observer.Exhausted(what);
        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        await Task.Delay(_pause, _time, stopping).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private void CountShed()
    {
        _listeners.ReturnPlace();
        _shed++;
    }

    private void TakeReserve()
    {
        try
        {
            for (int i = 0; i < _reserve.Length; i++)
                _reserve[i] ??= File.OpenHandle(OperatingSystem.IsWindows() ? "NUL" : "/dev/null");
        }
        catch (IOException)
        {
            // Fewer to be had just now: the next try takes the rest.
        }
    }

    private void ReleaseReserve()
    {
        for (int i = 0; i < _reserve.Length; i++)
        {
            _reserve[i]?.Dispose();
            _reserve[i] = null;
        }
    }
}
