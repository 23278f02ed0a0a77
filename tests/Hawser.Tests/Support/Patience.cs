using System.Diagnostics;

namespace Hawser.Tests.Support;

/// <summary>Bounds every wait of a test, so that a hanging test fails. No test passes because of
/// time.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Bounded(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Bounded<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>Polls for a state.</summary>
    public static Task UntilAsync(Func<bool> reached) => UntilAsync(() => Task.FromResult(reached()));

    /// <summary>Polls for a state that takes a call to see.</summary>
    public static async Task UntilAsync(Func<Task<bool>> reached)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!await reached())
        {
            if (Stopwatch.GetElapsedTime(begin) > Limit)
                throw new TimeoutException("the state was never reached");
            // Yields the processor to the code under test.
            await Task.Delay(1);
        }
    }
}
