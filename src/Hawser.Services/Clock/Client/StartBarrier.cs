using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Client;

/// <summary>Starts a process's clients together, with their ticks spread over the interval, so that one thread can
/// send all of them on time.</summary>
/// <remarks>Belongs to the clients' thread.</remarks>
internal sealed class StartBarrier(ClockClientOptions options)
{
    // Without another arrival for that long, the wait ends: the server may serve one client at a time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Between the end of the wait and the first tick.
    private const long LeadNs = 10_000_000;

    // Ticks far apart are not spread further than that.
    private const long LongestSpreadNs = 1_000_000_000;

    private readonly TaskCompletionSource _all = new();
    private int _missing = options.Clients;
    private Task? _open;
    private long _openedNs;

    /// <summary>One more client is ready, or will never be.</summary>
    public void Arrive()
    {
        if (--_missing == 0)
            _all.TrySetResult();
    }

    /// <summary>Waits for the others, within bounds.</summary>
    /// <returns>When, on the monotonic clock, the client's first tick is due.</returns>
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
