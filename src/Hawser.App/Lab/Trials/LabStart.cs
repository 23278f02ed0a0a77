namespace Hawser.App.Lab.Trials;

/// <summary>Lets the loads of servers that are measured together begin at the same time: when every server is ready, or
/// has failed. Thread-safe.</summary>
/// <param name="variants">Those that are measured together.</param>
internal sealed class LabStart(IEnumerable<LabVariant> variants)
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<LabVariant> _awaited = [.. variants];

    /// <summary>Waits until the others are ready, too.</summary>
    public Task ReadyAsync(LabVariant variant, CancellationToken cancel)
    {
        Leave(variant);
        return _all.Task.WaitAsync(cancel);
    }

    /// <summary>Nobody needs to wait for it any more. It may be ready already.</summary>
    public void Leave(LabVariant variant)
    {
        lock (_awaited)
        {
            _awaited.Remove(variant);
            if (_awaited.Count == 0)
                _all.TrySetResult();
        }
    }
}
