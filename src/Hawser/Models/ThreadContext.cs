using System.Runtime.ExceptionServices;

namespace Hawser.Models;

/// <summary>Runs an asynchronous method on one thread: while it awaits anything else (a timer, a file), the thread
/// waits and then resumes it. Continuations that outlive it run on the thread pool.</summary>
internal sealed class ThreadContext : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private bool _isOver;

    public static void Run(Func<Task> body)
    {
        SynchronizationContext? outer = Current;
        var context = new ThreadContext();
        SetSynchronizationContext(context);
        try
        {
            Task task = body();
            context.RunUntil(task);
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(outer);
            context.End();
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            if (_isOver)
            {
                RunElsewhere(d, state);
                return;
            }
            _posted.Enqueue((d, state));
            Monitor.Pulse(_posted);
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (Current != this)
            throw new NotSupportedException("Send to a connection's thread could deadlock; use Post");
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;

    private void RunUntil(Task task)
    {
        if (task.IsCompleted)
            return;
        task.ContinueWith(
            static (_, context) => ((ThreadContext)context!).Post(static _ => { }, null),
            this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (!task.IsCompleted)
        {
            (SendOrPostCallback callback, object? state) = Take();
            try
            {
                callback(state);
            }
            catch (Exception e)
            {
                // An async void method threw. That ends the process, as everywhere in .NET, not only this thread.
                ThreadPool.UnsafeQueueUserWorkItem(
                    static error => ExceptionDispatchInfo.Throw(error), e, preferLocal: false);
            }
        }
    }

    private (SendOrPostCallback Callback, object? State) Take()
    {
        lock (_posted)
        {
            while (_posted.Count == 0)
                Monitor.Wait(_posted);
            return _posted.Dequeue();
        }
    }

    private void End()
    {
        lock (_posted)
        {
            _isOver = true;
            foreach ((SendOrPostCallback callback, object? state) in _posted)
                RunElsewhere(callback, state);
            _posted.Clear();
        }
    }

    private static void RunElsewhere(SendOrPostCallback callback, object? state) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => work.callback(work.state), (callback, state), preferLocal: false);
}
