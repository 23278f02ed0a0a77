using System.Runtime.InteropServices;

namespace Hawser.App.Verbs;

/// <summary>The wish of whoever runs the program that it end: the first SIGINT, SIGTERM or SIGQUIT asks, the second one
/// ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopSignal()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT])
            _registrations.Add(PosixSignalRegistration.Create(signal, Heard));
    }

    /// <summary>Completes with the first signal.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Cancelled with the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    // Without cancelling, the system's own answer to the signal follows: the process ends.
    private void Heard(PosixSignalContext context)
    {
        context.Cancel = _asked.TrySetResult();
        if (context.Cancel)
            _ = _stop.CancelAsync();
    }
}
