namespace Hawser.Transports;

/// <summary>Interrupts a transport at a deadline on a clock that only its own timers know.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    // Timers may fire early, .NET's by milliseconds.
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(1);

    private readonly Deadline _deadline;
    private readonly Transport _transport;
    private readonly ITimer _timer;

    public DeadlineTimer(Deadline deadline, Transport transport)
    {
        _deadline = deadline;
        _transport = transport;
        _timer = deadline.VirtualTime!.CreateTimer(
            static timer => ((DeadlineTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(deadline.RemainingForTimer, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void Fire()
    {
        if (_deadline.HasPassed)
            _transport.Interrupt();
        else
            _timer.Change(Again, Timeout.InfiniteTimeSpan);
    }
}
