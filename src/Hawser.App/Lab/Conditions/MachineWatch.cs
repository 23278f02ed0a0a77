namespace Hawser.App.Lab.Conditions;

/// <summary>Watches the machine while something is measured on it.</summary>
internal sealed class MachineWatch : IAsyncDisposable
{
    // Often enough for a mean, rarely enough to cost nothing.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly MachineSample? _begin = MachineSample.TryTake();
    private readonly List<double> _mhz = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _sampling;

    public MachineWatch() => _sampling = SampleAsync();

    /// <summary>Ends the watch; call it once the measured processes have ended.</summary>
    /// <returns>What was seen; null without /proc.</returns>
    public async Task<LabConditions?> EndAsync()
    {
        await _end.CancelAsync();
        await _sampling;
        return _begin is null
            ? null
            : MachineSample.TryTake()?.Since(_begin, _mhz.Count == 0 ? null : _mhz.Average());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _sampling;
        _end.Dispose();
    }

    private async Task SampleAsync()
    {
        using var timer = new PeriodicTimer(Period);
        while (MachineSample.FindMhz() is { } mhz)
        {
            _mhz.Add(mhz);
            try
            {
                await timer.WaitForNextTickAsync(_end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
