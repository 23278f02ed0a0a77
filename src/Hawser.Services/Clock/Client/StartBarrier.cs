using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Client;

/// <summary>Starts the clients of a process together and spreads their ticks over the interval, so that one thread can
/// send all of them on time.</summary>
/// <remarks>Runs on the clients' thread.</remarks>
internal sealed class StartBarrier(ClockClientOptions options)
{
    // The wait ends after this long without another arrival: the server may serve one client at a time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // The time between the end of the wait and the first tick.
    private const long LeadNs = 10_000_000;

    // The limit on the spread.
    private const long LongestSpreadNs = 1_000_000_000;

    private readonly TaskCompletionSource _all = new();
    private int _missing = options.Clients;
    private Task? _open;
    private long _openedNs;

    /// <summary>Counts a client that is ready or has failed.</summary>
    public void Arrive()
    {
        if (--_missing == 0)
            _all.TrySetResult();
    }

    /// <summary>Waits for the other clients, within bounds.</summary>
    /// <returns>The due time of the client's first tick on the monotonic clock.</returns>
    public async Task<long> WaitAsync(int place)
    {
        _open ??= OpenAsync();
        await _open;
        long now = ClockReading.MonotonicNow(options.TimeProvider);
        long spread = Math.Min(ClockTiming.ToNanoseconds(options.Interval), LongestSpreadNs);
        long first = now - _openedNs < LeadNs ? _openedNs : now;
        return first + LeadNs + (spread * place / options.Clients);
    }

    private async Task OpenAsync()
    {
        int missing;
        do
        {
            missing = _missing;
            await Task.WhenAny(_all.Task, Task.Delay(Patience));
        }
        while (!_all.Task.IsCompleted && _missing < missing);
        _openedNs = ClockReading.MonotonicNow(options.TimeProvider);
    }
}
