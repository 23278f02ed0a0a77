namespace Hawser.Models;

/// <summary>Threads on which connections whose calls block are served, for models.</summary>
public static class ModelThread
{
    /// <summary>Starts a background thread and runs an asynchronous method on it, from start to end.</summary>
    /// <param name="name">The thread's.</param>
    /// <param name="body">While it awaits something foreign (a timer, a file), the thread waits, and goes on with it
    /// when that is done.</param>
    /// <returns>Completes, as <paramref name="body"/> did, when the thread is done.</returns>
    /// <exception cref="OutOfMemoryException">The system has no thread left.</exception>
    public static Task Start(string name, Func<Task> body)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Run(body);
                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        { Name = name, IsBackground = true };
        thread.Start();
        return ended.Task;
    }

    /// <summary>Runs an asynchronous method on the calling thread, and returns when it is over; throws what it
    /// throws.</summary>
    public static void Run(Func<Task> body) => ThreadContext.Run(body);
}
