namespace Hawser.Models;

/// <summary>Threads for connections whose calls block.</summary>
public static class ModelThread
{
    /// <summary>Starts a background thread and runs an asynchronous method on it.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="body">While it awaits anything else (a timer, a file), the thread waits and then resumes
    /// it.</param>
    /// <returns>Completes as <paramref name="body"/> does, when the thread is done.</returns>
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

    /// <summary>Runs an asynchronous method on the calling thread to its end; throws what it throws.</summary>
    public static void Run(Func<Task> body) => ThreadContext.Run(body);
}
