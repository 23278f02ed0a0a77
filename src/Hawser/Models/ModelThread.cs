namespace Hawser.Models;

/// <summary>Starts a thread of a model and runs an asynchronous method on it, from start to end.</summary>
internal static class ModelThread
{
    /// <returns>Completes, as <paramref name="body"/> did, when the thread is done.</returns>
    public static Task Start(string name, Func<Task> body)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                ThreadContext.Run(body);
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
}
