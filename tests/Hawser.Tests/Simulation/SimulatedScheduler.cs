namespace Hawser.Tests.Simulation;

/// <summary>Runs a whole simulation on the test's own thread, from one queue of events ordered by virtual time. The
/// seed picks among events that are due at once.</summary>
/// <remarks>
/// Continuations arrive through <see cref="Context"/>, tasks through <see cref="TaskScheduler"/>, timers through
/// <see cref="At"/>. A call from any other thread has escaped the simulation and fails the run. Code interleaves at
/// awaits only, so a simulation finds no data races.
/// </remarks>
internal sealed class SimulatedScheduler : TaskScheduler
{
    private const int StepLimit = 5_000_000;

    // Much longer than any scenario: only a server that does not end reaches it.
    private static readonly long Horizon = TimeSpan.FromMinutes(20).Ticks;

    // Real time, spent only before a failure is reported: a continuation that escaped may still name itself.
    private static readonly TimeSpan EscapePatience = TimeSpan.FromSeconds(1);

    private readonly PriorityQueue<Event, (long Due, int Draw)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile bool _hasEscaped;
    private volatile string? _escape;
    private int _steps;

    public SimulatedScheduler(int seed)
    {
        Random = new Random(seed);
        Context = new PostingContext(this);
    }

    /// <summary>The source of every choice in the run.</summary>
    public Random Random { get; }

    public SynchronizationContext Context { get; }

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Now { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    public bool OneIn(int n) => Random.Next(n) == 0;

    /// <summary>Draws a span from zero to <paramref name="atMost"/>.</summary>
    public TimeSpan Draw(TimeSpan atMost) => TimeSpan.FromTicks(Random.NextInt64(atMost.Ticks + 1));

    /// <summary>Runs <paramref name="body"/> and all that it causes until its task completes.</summary>
    /// <exception cref="InvalidOperationException">It can no longer complete, or something escaped.</exception>
    public void Run(Func<Task> body)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Context);
        try
        {
            Task task = body();
            while (!task.IsCompleted)
                Step();
            ThrowIfEscaped();
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs the callback soon: mostly at this virtual moment, sometimes later, as on a busy machine.</summary>
    public void Post(Action callback)
    {
        if (HasEscaped())
            return;
        TimeSpan stall = OneIn(100) ? TimeSpan.FromMilliseconds(5)
            : OneIn(8) ? TimeSpan.FromMicroseconds(100)
            : TimeSpan.Zero;
        At(Now + Draw(stall), callback);
    }

    /// <summary>Runs the callback at a virtual moment.</summary>
    /// <returns>Cancels the event when disposed.</returns>
    public IDisposable At(TimeSpan due, Action callback)
    {
        var scheduled = new Event(callback);
        if (!HasEscaped())
            _events.Enqueue(scheduled, (Math.Max(due.Ticks, Now.Ticks), Random.Next()));
        return scheduled;
    }

    /// <summary>Whether the caller runs on a foreign thread; if so, the run fails.</summary>
    public bool HasEscaped()
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return false;
        _hasEscaped = true;
        _escape ??= Environment.StackTrace;
        return true;
    }

    protected override void QueueTask(Task task) => Post(() => TryExecuteTask(task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private void Step()
    {
        ThrowIfEscaped();
        Event next;
        do
        {
            if (!_events.TryDequeue(out next!, out (long Due, int Draw) order))
                throw Dead("deadlock: no event is left");
            if (next.Callback is not null)
                Now = TimeSpan.FromTicks(order.Due);
        }
        while (next.Callback is null);
        if (Now.Ticks > Horizon)
            throw Dead($"not complete after {Now}");
        if (++_steps > StepLimit)
            throw Dead($"not complete after {_steps} steps, at {Now}");
        next.Callback();
    }

    private InvalidOperationException Dead(string how)
    {
        SpinWait.SpinUntil(() => _hasEscaped, EscapePatience);
        ThrowIfEscaped();
        return new InvalidOperationException(how);
    }

    private void ThrowIfEscaped()
    {
        if (!_hasEscaped)
            return;
        SpinWait.SpinUntil(() => _escape is not null);
        throw new InvalidOperationException($"escaped to a foreign thread: {_escape}");
    }

    private sealed class Event(Action callback) : IDisposable
    {
        public Action? Callback { get; private set; } = callback;

        public void Dispose() => Callback = null;
    }

    private sealed class PostingContext(SimulatedScheduler scheduler) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(() => d(state));

        public override void Send(SendOrPostCallback d, object? state)
        {
            if (!scheduler.HasEscaped())
                d(state);
        }

        public override SynchronizationContext CreateCopy() => this;
    }
}
