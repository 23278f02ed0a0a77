using System.Diagnostics;
using Hawser.Services.Text;

namespace Hawser.App.Output;

/// <summary>A progress bar for work of a known duration. Draws nothing off a terminal.</summary>
internal static class TimeProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs work and draws the bar until its duration has passed.</summary>
    /// <param name="name">The name of the work.</param>
    /// <param name="duration">The duration. Work may take longer.</param>
    /// <param name="work">The work.</param>
    public static async Task<T> RunAsync<T>(string name, TimeSpan duration, Func<Task<T>> work)
    {
        Task<T> working = work();
        if (!Console.IsErrorRedirected && duration > Interval)
            await DrawAsync(name, duration, working);
        return await working;
    }

    private static async Task DrawAsync(string name, TimeSpan duration, Task working)
    {
        using var bar = new ProgressBar(name, duration.Ticks);
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < duration && !working.IsCompleted)
        {
            bar.Report(elapsed.Ticks, $"{elapsed.TotalSeconds:0} s of {Quantity.FormatDuration(duration)}");
            await Task.WhenAny(working, Task.Delay(Interval));
        }
    }
}
