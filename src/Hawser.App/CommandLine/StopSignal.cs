using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Hawser.App.CommandLine;

/// <summary>The user's request to stop: the first SIGINT, SIGTERM or SIGQUIT. A second one ends the process at once.</summary>
/// <remarks>Signals within 100 ms of the first are the same request: a supervisor or a shell may send several.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "lives as long as the process")]
internal sealed class StopSignal
{
    private static readonly TimeSpan OneRequest = TimeSpan.FromMilliseconds(100);

    // Held to the end of the process: without a registration, a late signal would end it with the signal's exit code.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Action? _onSecond;
    private long _askedAt;

    /// <param name="onSecond">Runs before a second signal ends the process.</param>
    public StopSignal(Action? onSecond = null)
    {
        _onSecond = onSecond;
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT])
            Registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
    }

    /// <summary>Completes with the first signal.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Cancelled with the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Asks as the first signal does. A signal then ends the process at once.</summary>
    public void Ask()
    {
        Interlocked.CompareExchange(ref _askedAt, Stopwatch.GetTimestamp(), 0);
        if (_asked.TrySetResult())
            _ = _stop.CancelAsync();
    }

    // Unless it is cancelled, a signal ends the process.
    private void OnSignal(PosixSignalContext context)
    {
        long askedAt = Interlocked.CompareExchange(ref _askedAt, Stopwatch.GetTimestamp(), 0);
        context.Cancel = askedAt == 0 || Stopwatch.GetElapsedTime(askedAt) < OneRequest;
        if (!context.Cancel)
            _onSecond?.Invoke();
        Ask();
    }
}
