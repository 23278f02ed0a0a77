namespace Hawser.Services;

/// <summary>Runs what blocks on a thread that does nothing else: a few such on the thread pool would use it up.</summary>
internal static class OwnThread
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>Completes, or fails, as <paramref name="body"/> does.</returns>
    public static Task RunAsync(Action body) => Task.Factory.StartNew(
        body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Begins an asynchronous method there. As long as its calls block it stays there.</summary>
    /// <returns>Completes, or fails, as <paramref name="body"/> does.</returns>
    public static Task<T> RunAsync<T>(Func<Task<T>> body) => Task.Factory.StartNew(
        body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
}
