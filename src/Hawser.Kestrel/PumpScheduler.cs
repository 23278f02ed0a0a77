using System.IO.Pipelines;

namespace Hawser.Kestrel;

/// <summary>Resumes a pump on the thread of its connection: inline if the caller is on it, else by a post to its
/// <see cref="SynchronizationContext"/>; inline where there is none, under <c>async</c>.</summary>
internal sealed class PumpScheduler : PipeScheduler
{
    // The context of this thread while it runs the application, which must not see it: its awaits would resume on the
    // loop, and a blocking wait would deadlock.
    [ThreadStatic]
    private static SynchronizationContext? _hidden;

    private SynchronizationContext? _context;

    /// <summary>Runs the application on the thread that has input or room for it.</summary>
    public static PipeScheduler Application { get; } = new ApplicationScheduler();

    /// <summary>Makes the current thread's context that of the pump, which calls it first.</summary>
    public void Enter() => _context = SynchronizationContext.Current;

    public override void Schedule(Action<object?> action, object? state)
    {
        SynchronizationContext? context = _context;
        if (context is null || SynchronizationContext.Current == context)
            action(state);
        else if (_hidden == context)
            RunWith(context, hidden: null, action, state);
        else
            context.Post(static work => Run(work!), Tuple.Create(action, state));
    }

    private static void Run(object work)
    {
        var (action, state) = (Tuple<Action<object?>, object?>)work;
        action(state);
    }

    private static void RunWith(
        SynchronizationContext? context, SynchronizationContext? hidden, Action<object?> action, object? state)
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext? outerHidden = _hidden;
        SynchronizationContext.SetSynchronizationContext(context);
        _hidden = hidden;
        try
        {
            action(state);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
            _hidden = outerHidden;
        }
    }

    private sealed class ApplicationScheduler : PipeScheduler
    {
        public override void Schedule(Action<object?> action, object? state)
        {
            if (SynchronizationContext.Current is { } context)
                RunWith(context: null, hidden: context, action, state);
            else
                action(state);
        }
    }
}
