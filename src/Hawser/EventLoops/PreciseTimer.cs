using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>Calls back at a deadline, tens of microseconds late instead of the milliseconds of
/// <see cref="Task.Delay(TimeSpan)"/>: an event loop without sockets.</summary>
internal sealed class PreciseTimer
{
    private static readonly Lock Gate = new();
    private static PreciseTimer? _shared;

    private readonly EventLoop _loop = new("hawser timer", Pollers.Best());

    private PreciseTimer() => _loop.Start();

    /// <summary>The timer of the process; its thread starts on first use.</summary>
    /// <exception cref="SocketException">No descriptor is left; the next use tries again.</exception>
    public static PreciseTimer Shared
    {
        get
        {
            if (Volatile.Read(ref _shared) is { } shared)
                return shared;
            lock (Gate)
                return _shared ??= new PreciseTimer();
        }
    }

    /// <summary>Calls back at the deadline, on the timer's thread.</summary>
    /// <returns>Dispose it to cancel: afterwards the callback has completed or will never run.</returns>
    public Registration Schedule(Deadline deadline, Action callback)
    {
        var registration = new Registration(_loop, deadline, callback);
        _loop.Post(static state => ((Registration)state!).Wait(), registration);
        return registration;
    }

    /// <summary>A scheduled call.</summary>
    public sealed class Registration(EventLoop loop, Deadline deadline, Action callback) : IDisposable
    {
        private const int Waiting = 0;
        private const int Running = 1;
        private const int Over = 2;

        private readonly ParkedOperation _passed = new();
        private int _state = Waiting;

        public void Dispose()
        {
            if (Interlocked.CompareExchange(ref _state, Over, Waiting) == Waiting)
            {
                loop.Post(static state => ((Registration)state!).Forget(), this);
                return;
            }
            var spin = new SpinWait();
            while (Volatile.Read(ref _state) == Running)
                spin.SpinOnce();
        }

        internal async void Wait()
        {
            if (Volatile.Read(ref _state) == Over)
                return;
            await loop.Park(_passed, deadline);
            if (Interlocked.CompareExchange(ref _state, Running, Waiting) != Waiting)
                return;
            callback();
            Volatile.Write(ref _state, Over);
        }

        private void Forget() => loop.Complete(_passed);
    }
}
