using System.Diagnostics;

namespace Hawser.Tests.Support;

/// <summary>Bounds every wait of a test, so that a test that hangs fails instead. No test passes because of
/// time.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Bounded(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Bounded<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>Waits for a state that nobody announces.</summary>
    public static async Task UntilAsync(Func<bool> reached)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!reached())
        {
            if (Stopwatch.GetElapsedTime(begin) > Limit)
                throw new TimeoutException("the state was never reached");
            // Whoever is to reach it needs the processor.
            await Task.Delay(1);
        }
    }
}
