namespace Hawser.App.Lab;

/// <summary>Lets the loads of servers that are measured together begin at the same time: when all servers listen, or have
/// failed to.</summary>
/// <param name="missing">How many have to arrive.</param>
internal sealed class LabStart(int missing)
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = missing;

    /// <summary>One has arrived. A second time, for one that failed after its arrival, has no effect on the
    /// others.</summary>
    public void Arrive()
    {
        if (Interlocked.Decrement(ref _missing) <= 0)
            _all.TrySetResult();
    }

    /// <summary>Arrives, and waits for the others.</summary>
    public Task ArriveAndWaitAsync(CancellationToken cancel)
    {
        Arrive();
        return _all.Task.WaitAsync(cancel);
    }
}
